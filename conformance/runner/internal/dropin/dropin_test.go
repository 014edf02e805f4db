// SPDX-License-Identifier: MIT

package dropin

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPatch(t *testing.T) {
	p := patch{file: "f.go", old: "a()", new: "b()", count: 2}
	if got, err := p.apply([]byte("a() + a()")); err != nil || string(got) != "b() + b()" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, text := range []string{"", "a()", "a() a() a()"} {
		if _, err := p.apply([]byte(text)); err == nil || !strings.Contains(err.Error(), "f.go") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// Every patch says why, and no library is left without one.
func TestLibraries(t *testing.T) {
	for _, lib := range libraries() {
		patches := 0
		for _, c := range lib.copies {
			for _, p := range c.patches {
				patches++
				if p.reason == "" || p.old == p.new {
					t.Errorf("%s: %s: %q", lib.name, p.file, p.reason)
				}
			}
		}
		if patches == 0 || lib.tests == 0 || lib.copies[0].module != lib.module {
			t.Errorf("%s: %d patches, %d tests", lib.name, patches, lib.tests)
		}
	}
}

// Whoever reads about moving finds each explained difference.
func TestExplanationsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "migration.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range explanations() {
		if !bytes.Contains(text, []byte("`"+e.test+"`")) {
			t.Errorf("docs/migration.md does not name %s", e.test)
		}
	}
}

const path = "example.org/lib/sub"

// from returns an outcome of one package from "test state" pairs.
func from(all, our int, pairs ...string) outcome {
	o := make(outcome)
	p := o.of(path)
	p.all, p.ours = all, our
	for i := 0; i < len(pairs); i += 2 {
		p.tests[pairs[i]] = pairs[i+1]
		p.output[pairs[i]] = "output of " + pairs[i] + "\n"
	}
	return o
}

func TestCompare(t *testing.T) {
	std := from(1, 0, "", "pass", "A", "pass", "B", "fail", "C", "pass", "C/x", "pass", "D", "skip", "E", "pass")
	our := from(1, 1, "", "fail", "A", "pass", "B", "fail", "C", "fail", "C/x", "fail", "D", "pass", "F", "pass")
	var got []string
	for _, d := range compare("lib", []string{path}, std, our) {
		got = append(got, d.test+" "+d.standard+" "+d.ours)
	}
	want := "F absent pass, E pass absent, D skip pass, C/x pass fail"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	if d := compare("lib", []string{path}, from(1, 0, "", "pass"), from(1, 1, "", "fail")); len(d) != 1 || d[0].test != "" {
		t.Errorf("a package that ended early: %v", d)
	}
}

func TestSummarize(t *testing.T) {
	lib := library{name: "lib", module: "example.org/lib", packages: []string{"sub"}, tests: 2, copies: []source{{version: "v1.0.0"}}}
	tests := []string{"", "pass", "A", "pass", "B", "pass"}
	for _, c := range []struct {
		what     string
		std, our outcome
		fault    string // a part of the only one
	}{
		{"all", from(10, 0, tests...), from(10, 10, tests...), ""},
		{"just enough", from(10, 0, tests...), from(10, 9, tests...), ""},
		{"too few", from(100, 0, tests...), from(100, 89, tests...), "89 of 100"},
		{"no request", from(0, 0, tests...), from(0, 0, tests...), "nothing was tested"},
		{"ours in both", from(10, 1, tests...), from(10, 10, tests...), "in the run with the standard one"},
		{"tests are gone", from(10, 0, tests[:4]...), from(10, 10, tests[:4]...), "only 1 tests"},
	} {
		r := summarize(lib, c.std, c.our)
		if c.fault == "" && len(r.faults) > 0 || c.fault != "" && (len(r.faults) != 1 || !strings.Contains(r.faults[0], c.fault)) {
			t.Errorf("%s: faults %q, want %q", c.what, r.faults, c.fault)
		}
		if c.what == "all" && (r.tests != 2 || r.passedStandard != 2 || r.passedOurs != 2 || r.requests != 10 || r.ours != 10) {
			t.Errorf("%s: %+v", c.what, r)
		}
	}
}

func TestJudge(t *testing.T) {
	lib := library{name: "lib"}
	explained := []explanation{{"lib", "A", "because"}, {"other", "Z", "of no interest here"}}
	a := difference{library: "lib", path: path, test: "A", standard: "pass", ours: "fail"}
	b := difference{library: "lib", path: path, test: "B", standard: "pass", ours: "fail", output: "why\n"}
	if left := unexplained(explained, []difference{a, b}); len(left) != 1 || left[0] != b {
		t.Errorf("unexplained: %v", left)
	}
	for _, c := range []struct {
		what         string
		found, again []difference
		fault        string
		out          string
	}{
		{"explained", []difference{a}, []difference{a}, "", "explained: " + a.String() + ": because"},
		{"not explained", []difference{a, b}, []difference{a, b}, b.String() + "\nwhy", "explained: "},
		{"not again", []difference{a, b}, []difference{a}, "", "not again: " + b.String()},
		{"no longer different", nil, nil, "A is explained and is no difference", ""},
	} {
		var out bytes.Buffer
		faults := judge(&out, explained, lib, c.found, c.again)
		if c.fault == "" && len(faults) > 0 || c.fault != "" && (len(faults) != 1 || !strings.Contains(faults[0], c.fault)) {
			t.Errorf("%s: faults %q, want %q", c.what, faults, c.fault)
		}
		if !strings.Contains(out.String(), c.out) {
			t.Errorf("%s: output %q", c.what, &out)
		}
	}
}

func TestReadEvents(t *testing.T) {
	o := make(outcome)
	err := o.readEvents(strings.NewReader(`{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Test":"A","Output":"one\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"fail","Package":"p"}
`))
	if p := o["p"]; err != nil || p == nil || p.tests["A"] != "fail" || p.tests[""] != "fail" || p.output["A"] != "one\n" {
		t.Errorf("%v, %+v", err, p)
	}
	if err := o.readEvents(strings.NewReader(`{"Action":`)); err == nil {
		t.Error("half a line was accepted")
	}
}

func TestReadCounts(t *testing.T) {
	o := from(0, 0, "", "pass")
	o.of("example.org/other").tests[""] = "pass"
	dir := "/cache/x/" + copyDir("example.org/lib") + "/sub"
	if err := o.readCounts(strings.NewReader("all " + dir + "\nall " + dir + "\nours " + dir + "\n")); err != nil || o[path].all != 2 || o[path].ours != 1 {
		t.Errorf("%v, %+v", err, o[path])
	}
	for _, bad := range []string{"all /elsewhere\n", "mine " + dir + "\n"} {
		if err := o.readCounts(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
