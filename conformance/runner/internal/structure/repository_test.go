// SPDX-License-Identifier: MIT

package structure

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// This file applies the rules to the repository. rules_test.go shows that they can fail.

// root is the folder of the root module, which is also that of the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := readMod(dir); err != nil || m.Module.Path != modulePath {
		t.Fatalf("%s is not the root module: %v, %v", dir, m.Module.Path, err)
	}
	return dir
}

// files returns the repository's files that match patterns, new ones included.
func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	args := append([]string{"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"}, patterns...)
	cmd := exec.Command("git", args...)
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	slices.Sort(names)
	return slices.Compact(names)
}

// sources returns the parsed Go files of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, name := range files(t, "*.go") {
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, and not committed yet
		} else if err != nil {
			t.Fatal(err)
		}
		s, err := parseSource(name, text)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		all = append(all, s)
	}
	if len(all) < 50 {
		t.Fatalf("found only %d Go files", len(all))
	}
	return all
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}

// standardPackages returns a test for import paths of the standard library under goos,
// with what it vendors.
func standardPackages(t *testing.T, goos string) func(string) bool {
	t.Helper()
	out, err := goCommand(root(t), goos, "list", "-e", "std", "vendor/...")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, name := range strings.Fields(string(out)) {
		names[name] = true
	}
	return func(path string) bool {
		return names[path] || path == "unsafe" || path == "C" || strings.HasPrefix(path, "vendor/")
	}
}

func TestImportRules(t *testing.T) {
	for _, goos := range goosList {
		packages, err := goList(root(t), goos, "./...")
		if err != nil {
			t.Fatal(err)
		}
		report(t, checkImports(importRules(), packages, standardPackages(t, goos), goos))
		report(t, checkOwners(ownerRules(), packages))
	}
}

func TestModuleFiles(t *testing.T) {
	m, err := readMod(root(t))
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkRootMod(m))
	nested := 0
	for _, file := range files(t, "**/go.mod") {
		dir := filepath.Dir(file)
		if dir == "." || slices.Contains(strings.Split(filepath.ToSlash(dir), "/"), "testdata") {
			continue
		}
		m, err := readMod(filepath.Join(root(t), dir))
		if err != nil {
			t.Fatal(err)
		}
		report(t, checkNestedMod(dir, m))
		nested++
	}
	if nested == 0 {
		t.Error("found no nested module")
	}
	if work := files(t, "go.work", "**/go.work"); len(work) != 0 {
		t.Errorf("a workspace file changes what every module is built from: %v", work)
	}
}

// The documentation of every package is the same on all systems, so a program that
// compiles on one compiles on all.
func TestSameDocumentation(t *testing.T) {
	packages, err := goList(root(t), "linux", "./...")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if slices.Contains(strings.Split(p.ImportPath, "/"), "internal") {
			continue // see checkExported
		}
		var docs [][]byte
		for _, goos := range goosList {
			doc, err := goCommand(root(t), goos, "doc", "-all", p.ImportPath)
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, doc)
		}
		for i, doc := range docs[1:] {
			if len(doc) == 0 || !bytes.Equal(doc, docs[0]) {
				t.Errorf("go doc -all %s differs between GOOS=%s and %s: %s", p.ImportPath, goosList[0], goosList[i+1],
					firstDifference(docs[0], doc))
			}
		}
	}
}

func TestSources(t *testing.T) {
	all := sources(t)
	for _, s := range all {
		report(t, checkLicense(s))
		report(t, checkLength(s))
		report(t, checkExported(s))
		report(t, checkCalls(s))
	}
	report(t, checkPackageComments(slices.DeleteFunc(all, func(s source) bool { return strings.Contains(s.path, "testdata/") })))
}

// The portable program and its packages are the same files everywhere.
func TestPortableProgram(t *testing.T) {
	const dir = "docs/examples"
	lists := make(map[string][]string) // by package: the files under each GOOS
	for _, goos := range goosList {
		packages, err := goList(filepath.Join(root(t), dir), goos, "-find", "./portable/...")
		if err != nil {
			t.Fatal(err)
		}
		if len(packages) < 2 {
			t.Fatalf("GOOS=%s: the program and its package are %d packages", goos, len(packages))
		}
		for _, p := range packages {
			if len(p.GoFiles) == 0 || len(p.IgnoredGoFiles)+len(p.OtherFiles) != 0 {
				t.Errorf("GOOS=%s: %s has the files %v, and ignored %v, other %v", goos, p.ImportPath, p.GoFiles, p.IgnoredGoFiles, p.OtherFiles)
			}
			lists[p.ImportPath] = append(lists[p.ImportPath], strings.Join(p.GoFiles, " "))
		}
	}
	for name, list := range lists {
		if len(list) != len(goosList) || len(slices.Compact(slices.Clone(list))) != 1 {
			t.Errorf("%s differs between systems: %q", name, list)
		}
	}
	for _, s := range sources(t) {
		if strings.HasPrefix(s.path, dir+"/portable/") {
			report(t, checkPortable(s))
		}
	}
}

// maxSize is what a small program may have, stripped. http.Client alone would add four million.
const maxSize = 6_200_000

func TestSmallProgram(t *testing.T) {
	temp := t.TempDir()
	_, named, err := buildWasm("./programs/roundtrip", "js", filepath.Join(temp, "named.wasm"), false)
	if err != nil {
		t.Fatal(err)
	}
	report(t, checkLinked(linkRules(), named.Functions))
	size, stripped, err := buildWasm("./programs/roundtrip", "js", filepath.Join(temp, "stripped.wasm"), true)
	if err != nil {
		t.Fatal(err)
	}
	if size > maxSize || len(stripped.Functions) != 0 {
		t.Errorf("a js program that only uses RoundTrip has %d bytes, more than %d", size, maxSize)
	}
	t.Logf("a js program that only uses RoundTrip has %d bytes", size)

	// The rules see what they are to see.
	_, client, err := buildWasm("./programs/httpclient", "js", filepath.Join(temp, "client.wasm"), false)
	if err != nil {
		t.Fatal(err)
	}
	faults := checkLinked(linkRules(), client.Functions)
	if len(faults) != 3 || !strings.Contains(faults[0], linkedName("net/http.(*Client).do")) {
		t.Errorf("a program with http.Client has the faults %q", faults)
	}
}

// A program that does not use the platform's backend also runs on hosts of WASI preview 1
// that have nothing else.
func TestInterfacesOfAProgram(t *testing.T) {
	temp := t.TempDir()
	for program, want := range map[string]bool{"newwith": false, "roundtrip": true} {
		_, m, err := buildWasm("./programs/"+program, "wasip1", filepath.Join(temp, program), true)
		if err != nil {
			t.Fatal(err)
		}
		if len(importsOf(m, "wasi_snapshot_preview1")) == 0 {
			t.Errorf("%s has no imports of preview 1: %v", program, m.Imports)
		}
		for _, prefix := range []string{"wasi:http/", "wasi:io/"} {
			if got := importsOf(m, prefix); (len(got) > 0) != want {
				t.Errorf("%s imports %v", program, got)
			}
		}
	}
}

// Requirements of the root are read from go.mod as the go command sees it.
func TestReadMod(t *testing.T) {
	var m goMod
	out, err := goCommand(".", "linux", "mod", "edit", "-json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &m); err != nil || len(m.Require) == 0 || len(m.Replace) == 0 {
		t.Errorf("this module requires %v and replaces %v: %v", m.Require, m.Replace, err)
	}
}

// firstDifference returns the first lines in which a and b differ.
func firstDifference(a, b []byte) string {
	la, lb := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(la), len(lb)) {
		if la[i] != lb[i] {
			return "\"" + la[i] + "\" and \"" + lb[i] + "\""
		}
	}
	return "one is longer"
}
