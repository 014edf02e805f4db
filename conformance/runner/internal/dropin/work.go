// SPDX-License-Identifier: MIT

package dropin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// workModule is the module in whose context the tests are built.
const workModule = "dropin.invalid"

// The packages that become part of that module.
//
//go:embed seam/seam.go ours/ours.go
var hooks embed.FS

// hookPrefix is what their import paths begin with here.
const hookPrefix = "github.com/isohttp/isohttp/conformance/runner/internal/dropin/"

// downloaded is what go mod download says about a module.
type downloaded struct {
	Dir, Sum, Error string
}

// download has the go command fetch and verify a module.
func download(ctx context.Context, dir, module, version string) (downloaded, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module+"@"+version)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	var d downloaded
	if jsonErr := json.Unmarshal(out, &d); jsonErr != nil || err != nil {
		return d, fmt.Errorf("downloading %s %s: %w\n%s", module, version, err, d.Error)
	}
	return d, nil
}

// prepare returns a folder with the module in whose context the tests of libs are built,
// for the isohttp in root and the net/http in http. It is kept in cache under the hash of
// all that it is made of.
func prepare(ctx context.Context, cache, root, http string, libs []library) (string, error) {
	temp := filepath.Join(cache, "new")
	if err := os.MkdirAll(temp, 0o777); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(temp, "")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)

	sum := sha256.New()
	from := make(map[string]string)
	for _, lib := range libs {
		for _, c := range lib.copies {
			d, err := download(ctx, temp, c.module, c.version)
			if err != nil {
				return "", err
			}
			from[c.module] = d.Dir
			fmt.Fprintf(sum, "%s %s %s %#v %q\n", c.module, c.version, d.Sum, c.patches, c.files)
		}
	}
	files, err := ownFiles(root, libs)
	if err != nil {
		return "", err
	}
	counting, err := countingHTTP(http)
	if err != nil {
		return "", err
	}
	for name, text := range counting {
		files[overlayDir+"/"+name] = text
	}
	fmt.Fprintf(sum, "%q", files)
	dir := filepath.Join(cache, hex.EncodeToString(sum.Sum(nil))[:16])
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}

	for _, lib := range libs {
		for _, c := range lib.copies {
			if err := copyModule(filepath.Join(temp, copyDir(c.module)), from[c.module], c); err != nil {
				return "", err
			}
		}
	}
	for name, text := range files {
		name = filepath.Join(temp, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return "", err
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			return "", err
		}
	}
	// Another process may have been faster, with the same result.
	if err := os.Rename(temp, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil {
			return "", err
		}
	}
	return dir, nil
}

// copyDir is the folder of a copy in the work module. Its name starts with "_" so that
// "./..." passes it by.
func copyDir(module string) string { return "_" + strings.ReplaceAll(module, "/", "_") }

// ownFiles returns what the work module has beside the copies.
func ownFiles(root string, libs []library) (map[string]string, error) {
	var mod strings.Builder
	fmt.Fprintf(&mod, "module %s\n\ngo 1.26.0\n\nrequire github.com/isohttp/isohttp v0.0.0\n\nreplace github.com/isohttp/isohttp => %q\n", workModule, root)
	for _, lib := range libs {
		for _, c := range lib.copies {
			fmt.Fprintf(&mod, "\nrequire %s %s\n\nreplace %s => ./%s\n", c.module, c.version, c.module, copyDir(c.module))
		}
	}
	files := map[string]string{"go.mod": mod.String()}
	err := fs.WalkDir(hooks, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := hooks.ReadFile(name)
		files[name] = strings.ReplaceAll(string(text), hookPrefix, workModule+"/")
		return err
	})
	return files, err
}

// copyModule copies the module in from to dir and changes it as c says.
func copyModule(dir, from string, c source) error {
	// The module cache is read-only, and the copy is not to be.
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o666)
	})
	if err != nil {
		return err
	}
	for _, p := range c.patches {
		name := filepath.Join(dir, filepath.FromSlash(p.file))
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if text, err = p.apply(text); err != nil {
			return fmt.Errorf("%s %s: %w", c.module, c.version, err)
		}
		if err := os.WriteFile(name, text, 0o666); err != nil {
			return err
		}
	}
	for name, text := range c.files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// apply returns text as p wants it.
func (p patch) apply(text []byte) ([]byte, error) {
	if n := bytes.Count(text, []byte(p.old)); n != p.count {
		return nil, fmt.Errorf("%s has %d times what a patch replaces, not %d: %q", p.file, n, p.count, p.old)
	}
	return bytes.ReplaceAll(text, []byte(p.old), []byte(p.new)), nil
}

// overlayDir is the folder of the work module that has the files for net/http.
const overlayDir = "_net_http"

// httpSource is the folder of net/http in the Go in use.
func httpSource(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "src", "net", "http"), nil
}

// countingHTTP returns the files that put a counter into net/http.
func countingHTTP(source string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(source, "roundtrip.go"))
	if err != nil {
		return nil, err
	}
	p := patch{file: "net/http/roundtrip.go", old: "\treturn t.roundTrip(req)\n", new: "\tcountRoundTrip()\n\treturn t.roundTrip(req)\n", count: 1}
	if text, err = p.apply(text); err != nil {
		return nil, err
	}
	return map[string]string{"roundtrip.go": string(text), "roundtrip_count.go": counter}, nil
}

// overlay returns the file for the go command's flag -overlay.
func overlay(work, source string) ([]byte, error) {
	replace := make(map[string]string)
	for _, name := range []string{"roundtrip.go", "roundtrip_count.go"} {
		replace[filepath.Join(source, name)] = filepath.Join(work, overlayDir, name)
	}
	return json.Marshal(map[string]any{"Replace": replace})
}

// counter is a file of package net/http. It does what count in package ours does, for all
// but DumpRequestOut, which has a transport without a network write a request to memory.
const counter = `package http

import (
	"fmt"
	"os"
	"runtime"
	"sync"
)

var roundTrips struct {
	once sync.Once
	file *os.File
	dir  string
}

func countRoundTrip() {
	name := os.Getenv("ISOHTTP_DROPIN_COUNTS")
	if name == "" {
		return
	}
	callers := make([]uintptr, 1)
	runtime.Callers(3, callers) // of RoundTrip
	if caller, _ := runtime.CallersFrames(callers).Next(); caller.Function == "net/http/httputil.DumpRequestOut" {
		return
	}
	roundTrips.once.Do(func() {
		roundTrips.dir, _ = os.Getwd()
		roundTrips.file, _ = os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	})
	if _, err := fmt.Fprintf(roundTrips.file, "all %s\n", roundTrips.dir); err != nil {
		panic(err)
	}
}
`
