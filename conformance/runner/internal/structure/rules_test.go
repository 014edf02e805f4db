// SPDX-License-Identifier: MIT

package structure

import (
	"strings"
	"testing"
)

// Every rule is shown a small input that breaks it, and one that does not.

func parsed(t *testing.T, name, text string) source {
	t.Helper()
	s, err := parseSource(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// want checks that faults has one entry for each text, which it contains, in order.
func want(t *testing.T, what string, faults []string, texts ...string) {
	t.Helper()
	if len(faults) != len(texts) {
		t.Errorf("%s: faults are %q, want %d", what, faults, len(texts))
		return
	}
	for i, text := range texts {
		if !strings.Contains(faults[i], text) {
			t.Errorf("%s: fault %q lacks %q", what, faults[i], text)
		}
	}
}

func TestCheckImports(t *testing.T) {
	standard := func(path string) bool { return !strings.Contains(path, ".") }
	pkg := func(name string, deps ...string) listed {
		for i, dep := range deps {
			if !strings.Contains(dep, ".") && dep != "errors" {
				deps[i] = modulePath + "/" + dep
			}
		}
		return listed{ImportPath: modulePath + "/" + name, Deps: deps}
	}
	for _, c := range []struct {
		goos   string
		p      listed
		faults []string
	}{
		{"linux", pkg("transport/driver", "errors"), nil},
		{"linux", pkg("transport/driver", "errors", "github.com/google/go-cmp/cmp"), []string{"links github.com/google/go-cmp/cmp"}},
		{"js", pkg("backends/fetch", "transport/driver", "backends/fetch/internal/jsfetch"), nil},
		{"js", pkg("backends/fetch", "transport/driver", "transport"), []string{"links transport: a backend knows"}},
		{"js", pkg("backends/fetch/internal/jsfetch", "backends/nethttp"), []string{"links backends/nethttp"}},
		{"js", pkg("transport", "transport/driver", "backends/fetch", "backends/fetch/internal/jsfetch"), nil},
		{"js", pkg("transport", "transport/driver"), []string{"does not link backends/fetch"}},
		{"wasip1", pkg("transport", "transport/driver", "backends/fetch"), []string{"links backends/fetch", "does not link backends/wasi"}},
		{"linux", pkg("transport", "backends/nethttp", "github.com/Azure/azure-sdk-for-go/sdk/azcore"), []string{"azcore"}},
		{"linux", pkg("conformance", "transport", "transport/driver", "backends/nethttp", "github.com/google/go-cmp/cmp"), nil},
		{"linux", pkg("conformance", "backends/nethttp", "github.com/tetratelabs/wazero"), []string{"wazero"}},
		{"linux", pkg("newcomer"), []string{"has no rule"}},
		{"linux", pkg("transport/driverless"), []string{"has no rule"}},
	} {
		want(t, c.goos+" "+c.p.ImportPath, checkImports(importRules(), []listed{c.p}, standard, c.goos), c.faults...)
	}
}

func TestCheckOwners(t *testing.T) {
	pkg := func(name string) []listed {
		return []listed{{ImportPath: modulePath + "/" + name, Imports: []string{"io", "syscall/js"}}}
	}
	want(t, "owner", checkOwners(ownerRules(), pkg("backends/fetch/internal/jsfetch")))
	want(t, "other", checkOwners(ownerRules(), pkg("backends/fetch")), "backends/fetch imports syscall/js")
}

func TestCheckExported(t *testing.T) {
	const bad = "\npackage p\ntype T struct{}\nfunc (*T) M() {}\nfunc (*T) m() {}\nfunc (t) M() {}\nfunc F() {}\nvar a, B int\nconst C = 1\ntype t int\n"
	names := []string{"name T", "name M", "name F", "name B", "name C"}
	want(t, "suffix", checkExported(parsed(t, "p/p_js.go", bad)), names...)
	want(t, "suffix wasip1", checkExported(parsed(t, "p/p_wasip1.go", bad)), names...)
	want(t, "constraint", checkExported(parsed(t, "p/p_other.go", "//go:build !js && !wasip1\n"+bad)), names...)
	want(t, "windows", checkExported(parsed(t, "p/p_windows.go", bad)), names...)
	want(t, "generic", checkExported(parsed(t, "p/p_js.go", "package p\nfunc (*T[K]) M() {}\nfunc (T[K, V]) N() {}\n")), "name M", "name N")
	want(t, "untagged", checkExported(parsed(t, "p/p_other.go", bad)))
	want(t, "always true", checkExported(parsed(t, "p/p.go", "//go:build js || !js\n"+bad)))
	want(t, "test", checkExported(parsed(t, "p/p_js_test.go", bad)))
	want(t, "internal", checkExported(parsed(t, "p/internal/q/p_js.go", bad)))
	want(t, "command", checkExported(parsed(t, "p/p_js.go", strings.Replace(bad, "package p", "package main", 1))))
}

func TestCheckLicense(t *testing.T) {
	want(t, "right", checkLicense(parsed(t, "a.go", licenseLine+"\n\npackage p\n")))
	for _, text := range []string{"package p\n", "\n" + licenseLine + "\npackage p\n", licenseLine + " \npackage p\n", "// SPDX-License-Identifier: BSD\npackage p\n"} {
		want(t, text, checkLicense(parsed(t, "a.go", text)), "a.go: the first line")
	}
}

func TestCheckLength(t *testing.T) {
	text := "package p\n" + strings.Repeat("\n", maxLines-1)
	want(t, "at the limit", checkLength(parsed(t, "a.go", text)))
	want(t, "over it", checkLength(parsed(t, "a.go", text+"\n")), "401 lines")
	want(t, "test", checkLength(parsed(t, "a_test.go", text+"\n")))
}

func TestCheckCalls(t *testing.T) {
	const test = "package p\nimport \"time\"\nfunc TestX(t *testing.T) {\n\tt.Skip()\n\tt.SkipNow()\n\tb.Skipf(\"\")\n\ttime.Sleep(1)\n\td.Skip()\n}\n"
	want(t, "test", checkCalls(parsed(t, "a_test.go", test)), "a_test.go:4", "a_test.go:5", "a_test.go:6", "a_test.go:7: a sleep")
	want(t, "synctest", checkCalls(parsed(t, "a_test.go", "package p\nimport \"testing/synctest\"\nfunc f() { time.Sleep(1) }\n")))
	want(t, "program", checkCalls(parsed(t, "a.go", "package p\nfunc init() {}\nfunc f() { time.Sleep(1) }\nfunc (t) init() {}\n")), "a.go:2: func init")
}

func TestCheckPackageComments(t *testing.T) {
	described := parsed(t, "p/a.go", licenseLine+"\n\n// Package p is described.\npackage p\n")
	bare := parsed(t, "p/b.go", licenseLine+"\n\npackage p\n")
	want(t, "once", checkPackageComments([]source{described, bare}))
	want(t, "never", checkPackageComments([]source{bare}), "p: the package has no comment")
	again := parsed(t, "p/c_js.go", "// Package p again.\npackage p\n")
	want(t, "twice", checkPackageComments([]source{described, bare, again}), "p/a.go, p/c_js.go")
	// The license line is no description, though it stands right above.
	want(t, "license", checkPackageComments([]source{parsed(t, "q/a.go", licenseLine+"\npackage q\n")}), "q: the package has no comment")
}

func TestCheckPortable(t *testing.T) {
	want(t, "plain", checkPortable(parsed(t, "a.go", "package p\n\nimport \"runtime\"\n\nvar v = runtime.Version()\n")))
	want(t, "suffix", checkPortable(parsed(t, "a_js.go", "package p\n")), "not every system")
	want(t, "constraint", checkPortable(parsed(t, "a.go", "//go:build js\n\npackage p\n")), "not every system", "a.go:1: a build constraint")
	want(t, "idle constraint", checkPortable(parsed(t, "a.go", "//go:build js || !js\n\npackage p\n")), "a build constraint")
	want(t, "question", checkPortable(parsed(t, "a.go", "package p\n\nvar js = runtime.GOOS == \"js\"\n")), "runtime.GOOS")
}

func TestCheckMods(t *testing.T) {
	var m goMod
	m.Module.Path = modulePath + "/nested"
	add := func(path string, indirect bool) {
		m.Require = append(m.Require, struct {
			Path     string
			Indirect bool
		}{path, indirect})
	}
	add("github.com/google/go-cmp", false)
	add("golang.org/x/net", true)
	want(t, "root", checkRootMod(m))
	want(t, "nested", checkNestedMod("nested", m))
	want(t, "path", checkNestedMod("elsewhere", m), "want "+modulePath+"/elsewhere")
	add("golang.org/x/text", false)
	want(t, "fourth", checkRootMod(m), "requires golang.org/x/text")
	m.Replace = append(m.Replace, struct{ Old, New struct{ Path string } }{})
	m.Replace[0].Old.Path, m.Replace[0].New.Path = "a", "../a"
	want(t, "replace", checkRootMod(m), "requires", "replaces a")
	want(t, "relative", checkNestedMod("nested", m))
	m.Replace[0].New.Path = "/elsewhere/a"
	want(t, "absolute", checkNestedMod("nested", m), "by /elsewhere/a")
}

func TestCheckLinked(t *testing.T) {
	want(t, "small", checkLinked(linkRules(), []string{"main.main", "net_http.__Request_.Context", "net_http.__ClientConn_.x"}))
	want(t, "stripped", checkLinked(linkRules(), nil), "stripped")
	want(t, "client", checkLinked(linkRules(), []string{"net_http.__Client_.do", "net_http.__Client_.do.func1", "main.main"}), "links net_http.__Client_.do:")
	want(t, "modules", checkLinked(linkRules(), []string{"main.main", "github.com_Azure_azure_sdk_for_go_sdk_azcore_runtime.NewPipeline",
		"github.com_hashicorp_go_retryablehttp.NewClient"}), "azcore", "retryablehttp")
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		match         bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/bc", false}, {"a/b", "a/b/c", false},
		{"a/...", "a", true}, {"a/...", "a/b/c", true}, {"a/...", "ab", false},
	} {
		if got := matchPath(c.pattern, c.path); got != c.match {
			t.Errorf("matchPath(%q, %q) is %t", c.pattern, c.path, got)
		}
	}
}
