// SPDX-License-Identifier: MIT

// Command bench compares a Transport over net/http with the bare http.Transport below it, in
// one run and by turns, so that what else the machine does falls on both. It writes every
// sample to docs/benchmarks.json, and docs/benchmarks.md from that.
//
// Run it in conformance/runner, on a machine that has nothing else to do:
//
//	go run ./cmd/bench
//	go run ./cmd/bench -table   # only the table, from the samples that are there
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Samples is what is committed.
type Samples struct {
	Go      string            `json:"go"`
	System  string            `json:"system"`
	CPUs    int               `json:"cpus"`
	Results map[string]Result `json:"results"`
}

// Result has the samples of one kind of work, in the order they were taken.
type Result struct {
	Unit      string    `json:"unit"`
	Bare      []float64 `json:"bare"`
	Transport []float64 `json:"transport"`
}

func main() {
	table := flag.Bool("table", false, "only write the table, from the samples that are there")
	rounds := flag.Int("rounds", 15, "samples of each side")
	docs := flag.String("docs", filepath.Join("..", "..", "docs"), "folder to write to")
	flag.Parse()
	if err := run(*docs, *rounds, *table); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(docs string, rounds int, tableOnly bool) error {
	path := filepath.Join(docs, "benchmarks.json")
	var s Samples
	if tableOnly {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
	} else {
		s = Samples{Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Results: make(map[string]Result)}
		for _, w := range works {
			fmt.Fprintln(os.Stderr, "bench:", w.name)
			r, err := measure(w, rounds)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			s.Results[w.name] = r
		}
		data, err := json.MarshalIndent(s, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(docs, "benchmarks.md"), []byte(render(s)), 0o644)
}
