// SPDX-License-Identifier: MIT

package conformance

import (
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
)

// EnvExec is the environment variable in which a runner says how it was called, with its flags, so
// that a failure can name the command that repeats it.
const EnvExec = "ISOHTTP_EXEC"

// Invocation is how a run of the suite came about: what it takes to run one of its cases again.
type Invocation struct {
	Command string `json:"command"`           // "GOOS=js GOARCH=wasm go test -exec nodeexec"
	Test    string `json:"test,omitempty"`    // the name of the test that calls Run; empty for Check
	Package string `json:"package,omitempty"` // the import path of that test
}

// invocation returns that of this program.
func invocation(test string) Invocation {
	i := Invocation{Command: testCommand(runtime.GOOS, runtime.GOARCH, os.Getenv(EnvExec)), Test: test, Package: "."}
	if info, ok := debug.ReadBuildInfo(); ok {
		if path, isTest := strings.CutSuffix(info.Path, ".test"); isTest {
			i.Package = path
		}
	}
	return i
}

// testCommand returns the go command that builds a test for a platform, and runs it as exec says.
func testCommand(goos, goarch, exec string) string {
	if goos != "js" && goos != "wasip1" {
		return "go test"
	}
	if exec == "" {
		exec = "RUNNER" // whoever runs this knows which
	}
	return "GOOS=" + goos + " GOARCH=" + goarch + " go test -exec " + shellWord(exec)
}

// line returns the command line that runs a case again. The suite may be called by Check, from
// wherever: then it is the case in any test that calls Run.
func (i Invocation) line(id, title string) string {
	if i.Command == "" {
		return "" // a guest that does not say
	}
	name := runPattern(caseName(id, title))
	if title == "" { // which only the guest knows
		name = "^" + id + "-"
	}
	pattern := runPattern(i.Test) + "/" + runPattern(Case{ID: id}.Group()) + "/" + name
	return i.Command + " -run " + shellWord(pattern) + " " + i.Package
}

// again is the end of a message about a case.
func (i Invocation) again(id, title string) string {
	line := i.line(id, title)
	switch {
	case line == "":
		return ""
	case i.Test == "":
		return "again, with a test that calls Run: " + line
	}
	return "again: " + line
}

// caseName is the name of a case's subtest.
func caseName(id, title string) string { return id + "-" + slug(title) }

// slug makes a title fit for the name of a subtest.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words[:min(len(words), 5)], "-")
}

// runPattern makes the argument of -run of a test's name. No name gives the pattern that is for
// all.
func runPattern(name string) string {
	if name == "" {
		return ""
	}
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// shellWord quotes a text for a shell, if it needs that.
func shellWord(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("_-./:=,+@%", r)
	})
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
