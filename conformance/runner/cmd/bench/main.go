// SPDX-License-Identifier: MIT

// Command bench compares a Transport over net/http with the bare http.Transport below it, and
// azblob over a Transport with azblob over azcore's default transport, in one run and by
// turns, so that what else the machine does falls on both. It writes every sample to
// docs/benchmarks.json, and docs/benchmarks.md from that.
//
// Run it in conformance/runner, on a machine that has nothing else to do:
//
//	go run ./cmd/bench
//	go run ./cmd/bench -only download   # some, and keep the other samples that are there
//	go run ./cmd/bench -table   # only the table, from the samples that are there
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
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
	Peer      string    `json:"peer"` // what the Transport is compared with
	Unit      string    `json:"unit"`
	Bare      []float64 `json:"bare"` // the peer's
	Transport []float64 `json:"transport"`
}

func main() {
	table := flag.Bool("table", false, "only write the table, from the samples that are there")
	rounds := flag.Int("rounds", 15, "samples of each side")
	docs := flag.String("docs", filepath.Join("..", "..", "docs"), "folder to write to")
	only := flag.String("only", "", "measure what matches `regexp`, and keep the other samples that are there")
	flag.Parse()
	if err := run(*docs, *rounds, *table, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(docs string, rounds int, tableOnly bool, only string) error {
	path := filepath.Join(docs, "benchmarks.json")
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	s := Samples{Results: make(map[string]Result)}
	if tableOnly || only != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
	}
	if !tableOnly {
		s.Go, s.System, s.CPUs = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU()
		if err := s.take(docs, rounds, pattern); err != nil {
			return err
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

// take measures what matches.
func (s *Samples) take(docs string, rounds int, pattern *regexp.Regexp) error {
	for _, w := range works {
		if !pattern.MatchString(w.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench:", w.name)
		r, err := measure(w, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		s.Results[w.name] = r
	}
	for _, name := range blobWorks {
		if !pattern.MatchString(name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench:", name)
		// azblob is a dependency of the examples only.
		cmd := exec.Command("go", "run", "./azuresdk/cmd/blobbench", "-rounds", strconv.Itoa(blobRounds*rounds), "-work", name)
		cmd.Dir, cmd.Stderr = filepath.Join(docs, "examples"), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		var r Result
		if err := json.Unmarshal(out, &r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.Results[name] = r
	}
	return nil
}

// blobRounds is how many more samples there are of the works of blobbench, whose server is another
// process.
const blobRounds = 4

// blobWorks are the kinds of work that blobbench knows.
var blobWorks = []string{"azblob DownloadBuffer, 32 blocks of 4 MiB", "azblob UploadBuffer, 64 MiB"}
