// SPDX-License-Identifier: MIT

//go:build unix

package component

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes a file and the folders it is in.
func write(t *testing.T, mode os.FileMode, text string, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// program makes a shell script that is found first on the PATH.
func program(t *testing.T, name, script string) string {
	t.Helper()
	path := write(t, 0o755, "#!/bin/sh\n"+script+"\n", t.TempDir(), name)
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
	return path
}

func fakeJco(t *testing.T, dir, version string) string {
	t.Helper()
	file := write(t, 0o666, fmt.Sprintf(`{"name":"@bytecodealliance/jco","version":%q}`, version),
		dir, "node_modules", "@bytecodealliance", "jco", "package.json")
	return filepath.Dir(file)
}

// alone gives the test an empty PATH, working folder and cache folder.
func alone(t *testing.T) (cwd, cache string) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	t.Setenv(ToolsVariable, "")
	cache = t.TempDir()
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	cwd = t.TempDir()
	t.Chdir(cwd)
	return cwd, cache
}

func TestNoTools(t *testing.T) {
	cwd, _ := alone(t)
	module := write(t, 0o666, string(core(guestImports, exeExports)), cwd, "core.wasm")
	check := func(what string, words ...string) {
		t.Helper()
		_, err := Wrap(t.Context(), module, nil)
		if !errors.Is(err, ErrNoTools) {
			t.Fatalf("%s: %v, want %v", what, err, ErrNoTools)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: the sentence lacks %q: %v", what, word, err)
			}
		}
	}
	check("nothing", "gocomponent tools -install", "npm install @bytecodealliance/jco@"+JcoVersion, "cargo install wasm-tools")
	fakeJco(t, cwd, JcoVersion)
	check("jco without node", "node")
	if err := os.RemoveAll("node_modules"); err != nil {
		t.Fatal(err)
	}
	program(t, "wasm-tools", "echo wasm-tools 1.2.3")
	check("wasm-tools without an adapter", "adapter", "-adapter")
	program(t, "wasm-tools", "exit 1")
	check("a wasm-tools that does not work", "no component tools found")
	if _, err := FindTools(t.Context(), "").Check(); !errors.Is(err, ErrNoTools) {
		t.Errorf("Check says %v", err)
	}
	if _, err := Install(t.Context()); !errors.Is(err, ErrNoTools) || !strings.Contains(err.Error(), "npm") {
		t.Errorf("Install without npm says %v", err)
	}
}

func TestFindTools(t *testing.T) {
	cwd, cache := alone(t)
	program(t, "node", "")
	find := func(dir string) *Tools { return FindTools(t.Context(), dir) }

	other := t.TempDir()
	linked := fakeJco(t, other, "1.0.0")
	script := write(t, 0o755, "#!/bin/sh\n", linked, "dist", "jco.js")
	bin := t.TempDir()
	if err := os.Symlink(script, filepath.Join(bin, "jco")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if tools := find(""); tools.JcoVersion != "1.0.0" || !sameFile(t, tools.Jco, linked) {
		t.Errorf("by the PATH: %+v", tools)
	}

	write(t, 0o666, "", cwd, "sub", "file")
	above := fakeJco(t, cwd, "1.1.0")
	t.Chdir("sub")
	if tools := find(""); !sameFile(t, tools.Jco, above) {
		t.Errorf("above the working folder: %+v", tools)
	}

	installed := fakeJco(t, filepath.Join(cache, "isohttp", "tools", "jco-"+JcoVersion), JcoVersion)
	if tools := find(""); tools.Jco != installed || tools.JcoVersion != JcoVersion {
		t.Errorf("where Install puts it: %+v", tools)
	}
	write(t, 0o666, `{"name":"@bytecodealliance/jco","version":"9.0.0"}`, installed, "package.json")
	pinned := fakeJco(t, other, JcoVersion)
	if tools := find(""); !sameFile(t, tools.Jco, pinned) {
		t.Errorf("the pinned version is not preferred: %+v", tools)
	}

	// A named folder is the only place.
	dir := t.TempDir()
	if tools := find(dir); tools.Jco != "" || tools.WasmTools != "" {
		t.Errorf("in an empty folder: %+v", tools)
	}
	write(t, 0o755, "#!/bin/sh\necho wasm-tools 1.2.3 of somewhere\n", dir, "bin", "wasm-tools")
	t.Setenv(ToolsVariable, dir)
	if tools := find(""); tools.WasmToolsVersion != "1.2.3" || tools.Jco != "" {
		t.Errorf("by the variable: %+v", tools)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func TestAdapter(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, exports ...string) string {
		return write(t, 0o666, string(core([]string{"env", "wasi:io/poll@0.2.3"}, exports)), dir, name)
	}
	command := file("command", "fd_write", "clock_time_get", "wasi:cli/run@0.2.3#run")
	reactor := file("reactor", "fd_write", "clock_time_get")
	for _, c := range []struct {
		what, path string
		form       Form
		any        bool
		want       error
		text       string
	}{
		{"another version", command, FormExe, false, ErrAdapter, "imports WASI 0.2.3"},
		{"another version, accepted", command, FormExe, true, nil, ""},
		{"another version, accepted", reactor, FormCommand, true, nil, ""},
		{"the other form's", command, FormCommand, true, ErrAdapter, "wrong adapter for the command form"},
		{"the other form's", reactor, FormExe, true, ErrAdapter, "wrong adapter for the exe form"},
		{"another module", file("other", "fd_write"), FormExe, true, ErrAdapter, "not a preview 1 adapter"},
		{"no module", write(t, 0o666, "x", dir, "text"), FormExe, true, ErrAdapter, "not a preview 1 adapter"},
		{"no file", filepath.Join(dir, "none"), FormExe, false, ErrNoTools, "cannot be read"},
	} {
		_, err := readAdapter(c.path, c.form, c.any)
		if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v; want %v with %q", c.what, err, c.want, c.text)
		}
	}
}

// A failing encoder leaves nothing behind, and what it said is in the error.
func TestEncoderFails(t *testing.T) {
	cwd, _ := alone(t)
	t.Setenv("TMPDIR", t.TempDir())
	module := write(t, 0o666, string(core(guestImports, exeExports)), cwd, "core.wasm")
	adapter := write(t, 0o666, string(core(nil, []string{"fd_write", "clock_time_get", "wasi:cli/run@0.2.3#run"})), cwd, "adapter.wasm")
	for _, c := range []struct{ what, script, text string }{
		{"refuses", `echo "error: no such world" >&2; exit 1`, "wasm-tools component embed made no component: error: no such world"},
		{"dies silently", `exit 3`, "exit status 3"},
		{"makes nothing", `exit 0`, "made no component"},
		{"makes nonsense", `eval out=\${$#}; echo nonsense > "$out"`, "not WebAssembly"},
		{"makes a core module", `eval out=\${$#}; cp ` + module + ` "$out"`, "not a component"},
	} {
		tools := &Tools{WasmTools: program(t, "wasm-tools", `case "$1" in validate) exit 0;; esac; PATH=/bin:/usr/bin; `+c.script), WasmToolsVersion: "1.2.3"}
		cache := t.TempDir()
		_, err := Wrap(t.Context(), module, &Options{Tools: tools, Adapter: adapter, AnyAdapter: true, CacheDir: cache})
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v; want %q", c.what, err, c.text)
		}
		for _, dir := range []string{cache, os.Getenv("TMPDIR")} {
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%s: left behind: %v, %v", c.what, left, err)
			}
		}
	}
}
