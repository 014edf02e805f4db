// SPDX-License-Identifier: MIT

//go:build !wasm

package azblobwasip1

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// examples is the folder of the module that these files are in.
const examples = "../.."

// TestPrepare protects what is promised of the copy: the module's own files, unchanged, and
// one more; and that the file makes the package compile for wasip1.
func TestPrepare(t *testing.T) {
	cache := t.TempDir()
	modfile, err := prepare(t.Context(), examples, cache)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(modfile)
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(examples, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(mod), string(own)) || strings.Count(string(mod), "replace "+Module+" => ") != 1 {
		t.Errorf("go.mod became\n%s", mod)
	}
	source, version, err := locate(t.Context(), examples)
	if err != nil {
		t.Fatal(err)
	}
	copies, err := filepath.Glob(filepath.Join(cache, version+"-*"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies %q, %v", copies, err)
	}
	more := 0
	err = filepath.WalkDir(copies[0], func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(copies[0], path)
		if err != nil {
			return err
		}
		if rel == addedFile {
			more++
			return nil
		}
		got, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(filepath.Join(source, rel))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is not the module's: %v", rel, err)
		}
		return nil
	})
	if err != nil || more != 1 {
		t.Errorf("%v, the file was added %d times", err, more)
	}
	vet := func(flags ...string) ([]byte, error) {
		cmd := wasip1Command(t, append(append([]string{"vet"}, flags...), Module+"/internal/shared")...)
		return cmd.CombinedOutput()
	}
	if out, err := vet("-modfile=" + modfile); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// The day that this fails, the package has done its work.
	if out, err := vet(); err == nil || !strings.Contains(string(out), "undefined: Mmb") {
		t.Errorf("without the file: %v\n%s", err, out)
	}
}

// TestPrepareAtOnce protects runs that meet: all get the same files, and no leftovers.
func TestPrepareAtOnce(t *testing.T) {
	cache := t.TempDir()
	var wg sync.WaitGroup
	files := make([]string, 4)
	for i := range files {
		wg.Go(func() {
			var err error
			if files[i], err = prepare(t.Context(), examples, cache); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, file := range files {
		if file != files[0] {
			t.Errorf("files %q", files)
		}
	}
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 3 { // the copy, go.mod and go.sum
		t.Errorf("%d entries in the folder, want 3: %v %v", len(left), left, err)
	}
}

func TestPrepareErrors(t *testing.T) {
	if _, err := prepare(t.Context(), t.TempDir(), t.TempDir()); err == nil {
		t.Error("a folder without a module is no error")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(t.Context(), examples, file); err == nil {
		t.Error("a file in place of the cache folder is no error")
	}
	// A module that has the file must not get another one.
	source := t.TempDir()
	if err := os.MkdirAll(filepath.Join(source, filepath.Dir(addedFile)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, addedFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "copy")
	err := once(target, func(tmp string) error { return fill(tmp, source) })
	if err == nil || !strings.Contains(err.Error(), "no longer needed") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(target); err == nil {
		t.Error("half a copy is there")
	}
}
