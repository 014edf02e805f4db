// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// mutantsDir is where the patches are.
const mutantsDir = "conformance/runner/mutants"

// mutant is a patch that breaks the library, and what has to notice. A patch begins with
// the lines
//
//	Breaks: what does not work any more
//	Case: UP-11
//	Profile: nethttp
type mutant struct {
	name    string // of the file, without its extension
	path    string
	breaks  string
	id      string // of the case
	profile string
	files   []string // that the patch changes
}

func (m mutant) String() string {
	return fmt.Sprintf("%s %s %s: %s", m.profile, m.id, m.name, m.breaks)
}

// place is where a profile's tests run.
type place struct {
	profile, goos string
	runner        string // the command of this module; empty for none
}

func places() []place {
	return []place{
		{"nethttp", "", ""},
		{"fetch/node", "js", "nodeexec"},
		{"fetch/chromium", "js", "browserexec"},
		{"wasi/wazero", "wasip1", "wazeroexec"},
		{"wasi/wasmtime", "wasip1", "wasmtimeexec"},
	}
}

func placeOf(profile string) (place, bool) {
	i := slices.IndexFunc(places(), func(p place) bool { return p.profile == profile })
	if i < 0 {
		return place{}, false
	}
	return places()[i], true
}

// readMutants reads all patches of a folder.
func readMutants(dir string) ([]mutant, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	var errs []error
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		m, err := parseMutant(strings.TrimSuffix(filepath.Base(path), ".patch"), string(text))
		m.path = path
		all, errs = append(all, m), append(errs, err)
	}
	return all, errors.Join(errs...)
}

var changedFile = regexp.MustCompile(`(?m)^\+\+\+ b/(\S+)$`)

// parseMutant reads the head of a patch, and the names of the files that it changes.
func parseMutant(name, text string) (mutant, error) {
	m := mutant{name: name}
	fields := map[string]*string{"Breaks": &m.breaks, "Case": &m.id, "Profile": &m.profile}
	head, _, _ := strings.Cut(text, "\n---")
	for line := range strings.Lines(head) {
		key, value, ok := strings.Cut(line, ":")
		field := fields[key]
		if !ok || field == nil {
			return m, fmt.Errorf("%s: %q is no line for the head of a mutant", name, strings.TrimSpace(line))
		}
		*field = strings.TrimSpace(value)
	}
	for _, match := range changedFile.FindAllStringSubmatch(text, -1) {
		m.files = append(m.files, match[1])
	}
	known := slices.ContainsFunc(conformance.Cases(), func(c conformance.Case) bool { return c.ID == m.id && c.Written() })
	_, profile := placeOf(m.profile)
	switch {
	case m.breaks == "":
		return m, fmt.Errorf("%s: does not say what it breaks", name)
	case !known:
		return m, fmt.Errorf("%s: there is no case %q", name, m.id)
	case !profile:
		return m, fmt.Errorf("%s: there is no profile %q", name, m.profile)
	case len(m.files) == 0:
		return m, fmt.Errorf("%s: changes no file", name)
	}
	for _, f := range m.files {
		if !strings.HasPrefix(f, "backends/") && !strings.HasPrefix(f, "transport/") || strings.HasSuffix(f, "_test.go") {
			return m, fmt.Errorf("%s: changes %s, which is not the library", name, f)
		}
	}
	return m, nil
}
