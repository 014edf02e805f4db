// SPDX-License-Identifier: MIT

// Package matrix makes the page about compatibility of the matrices that the conformance suite
// is known to give, and of its catalogue.
package matrix

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// Golden is the kept matrix of one profile.
type Golden struct {
	Profile string                       `json:"profile"`
	Totals  map[conformance.State]int    `json:"totals"`
	Cases   map[string]conformance.State `json:"cases"`
	Notes   map[string]string            `json:"notes"` // why, for the states that need a reason
}

// Profiles returns the names of the profiles that the project keeps a matrix of, in the order
// of the page's columns.
func Profiles() []string {
	return []string{"nethttp", "fetch/chromium", "fetch/node", "wasi/wazero", "wasi/wasmtime"}
}

// FileName returns the name of the file of a profile's matrix.
func FileName(profile string) string { return strings.ReplaceAll(profile, "/", "-") + ".json" }

// Load reads the matrices of all profiles and wants each to fit the catalogue.
func Load(dir string) ([]Golden, error) {
	var all []Golden
	for _, profile := range Profiles() {
		text, err := os.ReadFile(filepath.Join(dir, FileName(profile)))
		if err != nil {
			return nil, err
		}
		g, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", FileName(profile), err)
		}
		if g.Profile != profile {
			return nil, fmt.Errorf("%s is of the profile %q", FileName(profile), g.Profile)
		}
		all = append(all, g)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) != len(all) {
		return nil, fmt.Errorf("there are %d matrices of %d profiles (%v)", len(names), len(all), err)
	}
	return all, nil
}

// Parse reads a matrix and wants it to have the cases of the catalogue and no others, and totals
// that are the sums of its cases.
func Parse(text []byte) (Golden, error) {
	var g Golden
	if err := json.Unmarshal(text, &g); err != nil {
		return g, err
	}
	left := len(g.Cases)
	for _, c := range conformance.Cases() {
		if _, ok := g.Cases[c.ID]; !ok {
			return g, fmt.Errorf("it has no %s", c.ID)
		}
		left--
	}
	if left != 0 {
		return g, fmt.Errorf("it has %d cases that the catalogue does not have", left)
	}
	counts := make(map[conformance.State]int)
	for _, state := range g.Cases {
		counts[state]++
	}
	for state, n := range g.Totals {
		if counts[state] != n {
			return g, fmt.Errorf("its total of %s is %d, and %d cases are", state, n, counts[state])
		}
		delete(counts, state)
	}
	if len(counts) != 0 {
		return g, fmt.Errorf("it has no totals of %v", counts)
	}
	return g, nil
}

// Extract returns the matrix in the output of a test that has printed one.
func Extract(output []byte) ([]byte, error) {
	var found []string
	in := false
	for line := range strings.Lines(string(output)) {
		bare := strings.TrimRight(line, "\r\n")
		if bare == "{" {
			found, in = nil, true
		}
		if in {
			found = append(found, bare+"\n")
		}
		if bare == "}" && in {
			in = false
		}
	}
	if len(found) == 0 || in {
		return nil, fmt.Errorf("no matrix was printed")
	}
	text := []byte(strings.Join(found, ""))
	_, err := Parse(text)
	return text, err
}

// reasonOf says in words why a case has no meaning for a profile.
func reasonOf(code string) string {
	words := map[string]string{
		"no-cors":   "no other program's consent is needed here (no CORS)",
		"no-page":   "there is no page",
		"no-js":     "there is no JavaScript platform beneath",
		"no-grants": "this host does not grant destinations one by one",
		"not-wasi":  "the platform is not wasi:http",
		"streams":   "bodies are streamed, not gathered",
	}
	if text, ok := words[code]; ok {
		return text
	}
	return code
}

// groups returns the catalogue's groups in its order.
func groups(cases []conformance.Case) []string {
	var all []string
	for _, c := range cases {
		if !slices.Contains(all, c.Group()) {
			all = append(all, c.Group())
		}
	}
	return all
}
