// SPDX-License-Identifier: MIT

package component

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The pinned npm packages. Package jco is wanted for the adapters that it ships, and
// jco-transpile for the encoder; the shim is what that runs on.
const (
	// JcoVersion is the version of @bytecodealliance/jco that this package was
	// tested with.
	JcoVersion = "1.35.0"

	packageJSON = `{
  "name": "isohttp-component-tools",
  "private": true,
  "dependencies": {
    "@bytecodealliance/jco-transpile": "0.15.0",
    "@bytecodealliance/preview2-shim": "0.26.1"
  }
}
`
)

// toolsDir is where Install puts the tools.
func toolsDir() (string, error) {
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "tools", "jco-"+JcoVersion), nil
}

// Install gets the pinned component tools by npm and puts them into the user's cache
// folder, where FindTools looks first. It returns that folder. If they are there
// already it does nothing.
//
// Of jco itself only the adapters are taken: its other parts need 300 MB of packages
// that play no role here.
func Install(ctx context.Context) (string, error) {
	dir, err := toolsDir()
	if err != nil {
		return "", err
	}
	if installed(dir) {
		return dir, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", faultf(ErrNoTools, "npm is not on the PATH: install Node 20 or later, which brings it")
	}
	temp := dir + "." + rand.Text()[:8]
	if err := os.MkdirAll(temp, 0o777); err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	if err := os.WriteFile(filepath.Join(temp, "package.json"), []byte(packageJSON), 0o666); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"install", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"},
		{"pack", "--silent", "@bytecodealliance/jco@" + JcoVersion},
	} {
		cmd := exec.CommandContext(ctx, npm, args...)
		cmd.Dir = temp
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", faultf(ErrNoTools, "npm %s failed: %s", args[0], lastLine(out, err))
		}
	}
	if err := unpackJco(temp); err != nil {
		return "", fmt.Errorf("unpacking jco: %w", err)
	}
	if err := os.Rename(temp, dir); err == nil || installed(dir) {
		return dir, nil // in the second case another process was quicker
	}
	// What is there is not complete.
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.Rename(temp, dir)
}

// installed reports whether dir has all that is used of the tools.
func installed(dir string) bool {
	scope := filepath.Join(dir, "node_modules", "@bytecodealliance")
	for _, name := range []string{
		filepath.Join("jco", "package.json"),
		filepath.Join("jco", "lib", FormCommand.adapter()),
		filepath.Join("jco", "lib", FormExe.adapter()),
		filepath.Join("jco-transpile", "vendor", "wasm-tools.core.wasm"),
		filepath.Join("preview2-shim", "package.json"),
	} {
		if _, err := os.Stat(filepath.Join(scope, name)); err != nil {
			return false
		}
	}
	return true
}

// unpackJco takes the package's description and adapters out of the archive that npm
// pack left in dir.
func unpackJco(dir string) error {
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("npm pack left %d archives", len(archives))
	}
	packed, err := os.ReadFile(archives[0])
	if err != nil {
		return err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	target := filepath.Join(dir, "node_modules", "@bytecodealliance", "jco")
	if err := os.MkdirAll(filepath.Join(target, "lib"), 0o777); err != nil {
		return err
	}
	want := map[string]string{
		"package/package.json":                 "package.json",
		"package/lib/" + FormCommand.adapter(): filepath.Join("lib", FormCommand.adapter()),
		"package/lib/" + FormExe.adapter():     filepath.Join("lib", FormExe.adapter()),
	}
	archive := tar.NewReader(unzipped)
	for len(want) > 0 {
		header, err := archive.Next()
		if err == io.EOF {
			return errors.New("the archive lacks the adapters")
		}
		if err != nil {
			return err
		}
		name, ok := want[header.Name]
		if !ok {
			continue
		}
		delete(want, header.Name)
		content, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(target, name), content, 0o666); err != nil {
			return err
		}
	}
	return os.Remove(archives[0])
}

// lastLine is the end of what a failed program wrote, in one line.
func lastLine(out []byte, err error) string {
	text := strings.TrimSpace(string(out))
	if text == "" {
		return err.Error()
	}
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return strings.TrimSpace(text)
}
