// SPDX-License-Identifier: MIT

package structure

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// apiUpdate is the variable that has TestAPI write the golden files.
const apiUpdate = "ISOHTTP_UPDATE_API"

// TestAPI compares what every public package exports with docs/api, so that a change of the API
// is a change of a file that a reviewer sees.
func TestAPI(t *testing.T) {
	packages, err := goList(root(t), "linux", "./...")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root(t), "docs", "api")
	var names []string
	for _, p := range packages {
		path := strings.TrimPrefix(p.ImportPath, modulePath+"/")
		if slices.Contains(strings.Split(path, "/"), "internal") {
			continue
		}
		got, err := api(filepath.Join(root(t), path))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ReplaceAll(path, "/", "-") + ".txt"
		names = append(names, name)
		golden := filepath.Join(folder, name)
		if os.Getenv(apiUpdate) != "" {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Errorf("%v; with %s=1 this test writes it", err, apiUpdate)
			continue
		}
		if string(want) != got {
			t.Errorf("the API of %s is not that of docs/api/%s (with %s=1 this test writes it):\n%s", path, name, apiUpdate, lineDiff(string(want), got))
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			t.Errorf("docs/api/%s is of no package", e.Name())
		}
	}
}

func TestAPISees(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.go":      "package p\n\n// T is.\ntype T struct {\n\tA int // public\n\tb int\n}\n\nfunc (t *T) M(x int) error { return nil }\nfunc hidden() {}\n\ntype u int\n\nfunc (u) Seen() {}\n",
		"b_js.go":   "package p\n\nfunc Tagged() {}\n",
		"c.go":      "//go:build linux\n\npackage p\n\nfunc Constrained() {}\n",
		"d_test.go": "package p\n\nfunc Test() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := api(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "func (t *T) M(x int) error") || !strings.Contains(got, "A int") {
		t.Errorf("it does not see what is exported:\n%s", got)
	}
	for _, s := range []string{"hidden", "b int", "Tagged", "Constrained", "Test", "return", "T is", "public", "(u)"} {
		if strings.Contains(got, s) {
			t.Errorf("it shows %q:\n%s", s, got)
		}
	}
	if d := lineDiff("a\nb\n", "a\nc\n"); d != "-b\n+c\n" {
		t.Errorf("diff %q", d)
	}
}
