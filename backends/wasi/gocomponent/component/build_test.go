// SPDX-License-Identifier: MIT

//go:build unix

package component

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// realTools returns the component tools of this machine. Under CI they are installed;
// elsewhere the caller returns without them, after a line that says so.
func realTools(t *testing.T) (*Tools, bool) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		if _, err := Install(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tools := FindTools(t.Context(), "")
	if _, err := tools.Check(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Logf("not run: %v", err)
		return nil, false
	}
	return tools, true
}

func TestBuildForms(t *testing.T) {
	tools, ok := realTools(t)
	if !ok {
		return
	}
	encoders := []string{EncoderJco}
	if tools.WasmTools != "" {
		encoders = append(encoders, EncoderWasmTools)
	} else {
		t.Log("wasm-tools was not run: it is not here (cargo install wasm-tools --locked)")
	}
	http := []string{"wasi:http/outgoing-handler@0.2.0", "wasi:http/types@0.2.0"}
	for _, encoder := range encoders {
		for _, c := range []struct {
			pkg     string
			form    Form
			imports []string
			run     string // the version of the run function: the program's, or the adapter's
		}{
			{"./hello", FormCommand, nil, "wasi:cli/run@0.2.0"},
			{"./hello", FormExe, nil, "wasi:cli/run@0.2.12"},
			{"./hello", FormTest, nil, "wasi:cli/run@0.2.12"},
			{"./plain", FormExe, http, "wasi:cli/run@0.2.12"},
		} {
			opts := &Options{Tools: tools, Encoder: encoder, CacheDir: t.TempDir()}
			source := Source{Package: c.pkg, Form: c.form, Dir: "testdata/guest"}
			r, err := Build(t.Context(), source, opts)
			if err != nil {
				t.Errorf("%s, %s, %s: %v", encoder, c.pkg, c.form, err)
				continue
			}
			if r.Cached || r.Form != c.form || !strings.HasPrefix(r.Encoder, encoder+" ") || r.Size <= r.CoreSize || r.BuildTime <= 0 {
				t.Errorf("%s, %s, %s: %+v", encoder, c.pkg, c.form, r)
			}
			if !r.Module.Component || !r.Module.HasExport(c.run) || len(r.Module.Exports) != 1 {
				t.Errorf("%s, %s, %s: exports %v, want %s", encoder, c.pkg, c.form, r.Module.Exports, c.run)
			}
			var got []string
			for _, name := range r.Module.Imports {
				if strings.HasPrefix(name, "wasi:http/") {
					got = append(got, name)
				}
			}
			if !slices.Equal(got, c.imports) {
				t.Errorf("%s, %s, %s: imports %v, want %v", encoder, c.pkg, c.form, got, c.imports)
			}
		}
	}
}

func TestCache(t *testing.T) {
	tools, ok := realTools(t)
	if !ok {
		return
	}
	opts := &Options{Tools: tools, CacheDir: t.TempDir()}
	source := Source{Package: "./hello", Dir: "testdata/guest"}
	build := func(wantCached bool) *Result {
		t.Helper()
		r, err := Build(t.Context(), source, opts)
		if err != nil {
			t.Fatal(err)
		}
		if r.Cached != wantCached {
			t.Errorf("cached: %t, want %t", r.Cached, wantCached)
		}
		return r
	}
	first := build(false)
	if second := build(true); second.Path != first.Path {
		t.Error("the same program has two components")
	}

	// A damaged file is made anew, and what is not used goes in the end.
	if err := os.Truncate(first.Path, first.Size/2); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(opts.CacheDir, "unused.wasm")
	left := filepath.Join(opts.CacheDir, "left.wasm.tmp")
	for path, age := range map[string]time.Duration{old: 8 * 24 * time.Hour, left: 2 * time.Hour} {
		write(t, 0o666, "x", path)
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	if again := build(false); again.Size != first.Size {
		t.Errorf("%d bytes, want %d", again.Size, first.Size)
	}
	for _, path := range []string{old, left} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", filepath.Base(path))
		}
	}

	// Another program, and the same one forced.
	source.BuildFlags = []string{"-ldflags=-s"}
	build(false)
	source.Form = FormExe
	build(false)
	opts.Force = true
	build(false)

	out := filepath.Join(t.TempDir(), "out.wasm")
	write(t, 0o600, "what was there", out)
	if err := first.CopyTo(out); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want) {
		t.Errorf("copied %d bytes of %d, %v", len(got), len(want), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 1 {
		t.Errorf("beside the output: %v, %v", entries, err)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, c := range []struct {
		what   string
		source Source
		want   error
		text   string
	}{
		{"a library", Source{Package: "./lib"}, ErrNotMain, "is package lib"},
		{"all packages", Source{Package: "./..."}, ErrNotMain, "name one"},
		{"a flag", Source{Package: "-x"}, ErrNotMain, "not a package"},
		{"no tests", Source{Package: "./lib", Form: FormTest}, ErrNotMain, "no test files"},
		{"no package", Source{Package: "./none"}, ErrBuild, "none"},
		{"a mistake", Source{Package: "./broken"}, ErrBuild, "messages are above"},
		{"no run function", Source{Package: "./plain"}, ErrNoRun, importCommand},
		{"no bindings", Source{Package: "./bare"}, ErrNoRealloc, importWASI},
		{"no bindings", Source{Package: "./bare", Form: FormExe}, ErrNoRealloc, importWASI},
		{"other bindings", Source{Package: "./foreign", Form: FormExe}, ErrForeignRealloc, "other bindings"},
		{"two bindings", Source{Package: "./double"}, ErrForeignRealloc, "two packages of ./double export cabi_realloc"},
	} {
		var messages bytes.Buffer
		c.source.Dir, c.source.Output = "testdata/guest", &messages
		cache := t.TempDir()
		_, err := Build(t.Context(), c.source, &Options{CacheDir: cache})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %v with %q", c.what, err, c.want, c.text)
		}
		if got := messages.Len() > 0; got != (c.source.Package == "./broken") {
			t.Errorf("%s: the go command's messages are %q", c.what, messages.String())
		}
		if left, err := os.ReadDir(cache); err != nil || len(left) != 0 {
			t.Errorf("%s: left behind: %v, %v", c.what, left, err)
		}
	}
}

func TestGoVersion(t *testing.T) {
	for _, c := range []struct{ what, script, text string }{
		{"old", "echo go1.22.1", "the go command is go1.22.1, and a component needs Go 1.26 or later"},
		{"broken", "echo no toolchain >&2; exit 1", "no toolchain"},
	} {
		_, err := Build(t.Context(), Source{Go: program(t, "go", c.script), Dir: "testdata/guest"}, nil)
		if !errors.Is(err, ErrGoVersion) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v; want %q", c.what, err, c.text)
		}
	}
	alone(t)
	if _, err := Build(t.Context(), Source{}, nil); !errors.Is(err, ErrGoVersion) || !strings.Contains(err.Error(), "not on the PATH") {
		t.Errorf("without a go command: %v", err)
	}
	for version, want := range map[string]int{"go1.26": 26, "go1.26.8": 26, "go1.27rc1": 27, "go1.30-custom": 30} {
		if got, ok := goMinor(version); got != want || !ok {
			t.Errorf("%s: %d, want %d", version, got, want)
		}
	}
	if _, ok := goMinor("devel +abc"); ok {
		t.Error("a development version has a number")
	}
}

func TestBuildCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, Source{Package: "./hello", Dir: "testdata/guest"}, nil); err == nil {
		t.Error("no error")
	}
}
