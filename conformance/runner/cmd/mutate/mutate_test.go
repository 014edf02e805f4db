// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance/runner/internal/tool"
)

func mutants(t *testing.T) (root string, all []mutant) {
	t.Helper()
	root, err := tool.Repository(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all, err = readMutants(filepath.Join(root, filepath.FromSlash(mutantsDir))); err != nil {
		t.Fatal(err)
	}
	return root, all
}

// Every patch fits what is there now, and every part of the library and every profile has some.
func TestMutants(t *testing.T) {
	root, all := mutants(t)
	if len(all) < 20 {
		t.Errorf("there are %d mutants, want 20 at least", len(all))
	}
	seen := make(map[string]int)
	for _, m := range all {
		if err := applyPatch(t.Context(), root, m.path, "--check"); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if s := state(t, root, m); s != "pass" && s != "neg" {
			t.Errorf("%s: %s is %q on %s, so that nothing would catch it", m.name, m.id, s, m.profile)
		}
		seen[m.profile]++
		for _, f := range m.files {
			part, _, _ := strings.Cut(strings.TrimPrefix(f, "backends/"), "/")
			seen[part]++
		}
	}
	for _, part := range []string{"nethttp", "fetch", "wasi", "transport", "fetch/node", "fetch/chromium", "wasi/wazero", "wasi/wasmtime"} {
		if seen[part] < 3 {
			t.Errorf("%s has %d mutants, want 3 at least", part, seen[part])
		}
	}
}

// state returns what is known of a mutant's case on its profile.
func state(t *testing.T, root string, m mutant) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "conformance", "testdata", "matrix", strings.ReplaceAll(m.profile, "/", "-")+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var matrix struct{ Cases map[string]string }
	if err := json.Unmarshal(text, &matrix); err != nil {
		t.Fatal(err)
	}
	return matrix.Cases[m.id]
}

// A few are tried here: one of each part of what runs natively. "make mutate" tries all.
func TestSomeMutants(t *testing.T) {
	root, all := mutants(t)
	var some []mutant
	for _, m := range all {
		switch m.name {
		case "transport-complete-message", "transport-open-body", "nethttp-swallowed-error":
			some = append(some, m)
		}
	}
	outcomes, err := try(t.Context(), root, some, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if len(outcomes) != 3 {
		t.Errorf("%d mutants were tried, want 3", len(outcomes))
	}
	for _, o := range outcomes {
		if o.err != nil {
			t.Errorf("%s: %v", o.mutant, o.err)
		}
	}
}

func TestParseMutant(t *testing.T) {
	const diff = "--- a/transport/body.go\n+++ b/transport/body.go\n@@ -1 +1 @@\n-a\n+b\n"
	m, err := parseMutant("x", "Breaks: all\nCase: DN-07\nProfile: nethttp\n"+diff)
	if err != nil || m.breaks != "all" || m.id != "DN-07" || m.profile != "nethttp" || len(m.files) != 1 {
		t.Errorf("got %+v, %v", m, err)
	}
	for text, want := range map[string]string{
		"Case: DN-07\nProfile: nethttp\n" + diff:                                                           "does not say what it breaks",
		"Breaks: a\nCase: DN-99\nProfile: nethttp\n" + diff:                                                `no case "DN-99"`,
		"Breaks: a\nCase: DN-07\nProfile: deno\n" + diff:                                                   `no profile "deno"`,
		"Breaks: a\nCase: DN-07\nProfile: nethttp\n":                                                       "changes no file",
		"Breaks: a\nCase: DN-07\nProfile: nethttp\nWho: me\n" + diff:                                       `"Who: me" is no line`,
		"Breaks: a\nCase: DN-07\nProfile: nethttp\n" + strings.ReplaceAll(diff, "transport", "docs"):       "not the library",
		"Breaks: a\nCase: DN-07\nProfile: nethttp\n" + strings.ReplaceAll(diff, "body.go", "body_test.go"): "not the library",
	} {
		if _, err := parseMutant("x", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error that says %q", text, err, want)
		}
	}
}

func TestJudge(t *testing.T) {
	failed := errors.New("exit status 1")
	guest := mutant{id: "DN-07", profile: "nethttp"}
	const fails = "    run.go:1: DN-07 Partial\n        contract: x\n          - it hangs\n    --- FAIL: TestProfile/DN/DN-07-partial (0.1s)\n"
	const passes = "    --- PASS: TestProfile/DN/DN-07-partial (0.1s)\n"
	for _, c := range []struct {
		what string
		m    mutant
		said string
		err  error
		want string // part of the evidence, or of the error
		ok   bool
	}{
		{"caught", guest, fails, failed, "it hangs", true},
		{"not caught", guest, passes, nil, "passes on nethttp", false},
		{"another case", guest, strings.ReplaceAll(fails, "DN-07", "DN-08"), failed, "has not failed", false},
		{"the bootstrap", guest, "DN-07 was not run: the bootstrap case CT-01 has failed\n" + fails, failed, "was not run", false},
		{"a crash", guest, "panic: test timed out", failed, "has not failed", false},
		{"no reason", guest, "--- FAIL: TestProfile/DN/DN-07-partial (0.1s)\n", failed, "without a reason", false},
	} {
		evidence, err := judge(c.m, c.said, c.err)
		if c.ok != (err == nil) || c.ok && !strings.Contains(evidence, c.want) || !c.ok && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v", c.what, evidence, err)
		}
	}
}

// A patch that does not fit, or does not compile, is no mutant that was caught.
func TestBadMutants(t *testing.T) {
	root, all := mutants(t)
	dir := t.TempDir()
	write := func(name, old, new string) mutant {
		path := filepath.Join(dir, name)
		text := "Breaks: a\nCase: CT-01\nProfile: nethttp\n--- a/transport/driver/doc.go\n+++ b/transport/driver/doc.go\n@@ -1,2 +1,2 @@\n-" + old + "\n+" + new + "\n \n"
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		m, err := parseMutant(name, text)
		if err != nil {
			t.Fatal(err)
		}
		m.path = path
		return m
	}
	l := &laboratory{root: root, temp: dir, tree: filepath.Join(dir, "tree"), log: t.Output()}
	if err := copyTree(t.Context(), root, l.tree); err != nil {
		t.Fatal(err)
	}
	for want, m := range map[string]mutant{
		"does not apply":   write("unfit", "// SPDX-License-Identifier: BSD", "x"),
		"does not compile": write("broken", "// SPDX-License-Identifier: MIT", "broken"),
	} {
		if _, err := l.mutate(t.Context(), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
	// The copy is whole again.
	for _, m := range all[:1] {
		if err := applyPatch(t.Context(), l.tree, m.path, "--check"); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(l.tree, "transport", "driver", "doc.go"))
	if err != nil || !strings.HasPrefix(string(text), "// SPDX-License-Identifier: MIT\n") {
		t.Errorf("the copy was not repaired: %v", err)
	}
}
