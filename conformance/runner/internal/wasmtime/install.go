// SPDX-License-Identifier: MIT

package wasmtime

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
)

// Version is the version of the Python package wasmtime that is used.
const Version = "50.0.1"

// PythonVariable names the Python to use, instead of the first in PATH.
const PythonVariable = "ISOHTTP_PYTHON"

// Engine is an installed wasmtime.
type Engine struct {
	python   string // the program
	packages string // the folder with the package
}

// ErrNoEngine is in the chain of the error of Find when wasmtime is not installed.
var ErrNoEngine = errors.New("wasmtime is not installed")

// Find returns the installed wasmtime. An error says how to get it.
func Find() (*Engine, error) {
	python, err := findPython()
	if err != nil {
		return nil, err
	}
	dir, err := packagesDir()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "wasmtime", "component", "__init__.py")); err != nil {
		return nil, fmt.Errorf("%w: run wasmtimeexec -install (needs python3 with pip; it gets wasmtime %s)", ErrNoEngine, Version)
	}
	return &Engine{python: python, packages: dir}, nil
}

// Ready returns nil when a guest can be run; an error says what is missing and how to
// get it. With CI=true in the environment it installs that first.
func Ready(ctx context.Context) error {
	if _, err := get(ctx, false); err != nil {
		return err
	}
	if _, err := component.FindTools(ctx, "").Check(); err != nil {
		return fmt.Errorf("%w; wasmtimeexec -install does it too", err)
	}
	return nil
}

// get is Find, after Install if that is wanted.
func get(ctx context.Context, install bool) (*Engine, error) {
	if install || os.Getenv("CI") == "true" {
		if err := Install(ctx); err != nil {
			return nil, err
		}
	}
	return Find()
}

// Install gets the pinned wasmtime by pip and the pinned component tools by npm, as far
// as they are missing, and puts them into the user's cache folder.
func Install(ctx context.Context) error {
	if _, err := component.FindTools(ctx, "").Check(); err != nil {
		if _, err := component.Install(ctx); err != nil {
			return err
		}
	}
	if _, err := Find(); err == nil || !errors.Is(err, ErrNoEngine) {
		return err
	}
	python, err := findPython()
	if err != nil {
		return err
	}
	dir, err := packagesDir()
	if err != nil {
		return err
	}
	temp := dir + "." + rand.Text()[:8]
	if err := os.MkdirAll(temp, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	packages := filepath.Join(temp, "packages")
	if err := pip(ctx, python, temp, "install", "--quiet", "--disable-pip-version-check", "--no-input",
		"--target", packages, "wasmtime=="+Version); err != nil {
		return err
	}
	if err := os.Rename(packages, dir); err == nil {
		return nil
	}
	if _, err := Find(); err == nil {
		return nil // another process was quicker
	}
	// What is there is not complete.
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(packages, dir)
}

// pip runs pip. Where Python comes without one, as on Debian, a virtual environment in
// temp may bring it.
func pip(ctx context.Context, python, temp string, args ...string) error {
	if exec.CommandContext(ctx, python, "-m", "pip", "--version").Run() != nil {
		venv := filepath.Join(temp, "venv")
		if err := exec.CommandContext(ctx, python, "-m", "venv", venv).Run(); err != nil {
			return fmt.Errorf("this Python has no pip: install it (Debian: apt-get install python3-pip)")
		}
		for _, name := range []string{"bin/python3", "Scripts/python.exe"} {
			if path := filepath.Join(venv, filepath.FromSlash(name)); exec.CommandContext(ctx, path, "--version").Run() == nil {
				python = path
			}
		}
	}
	out, err := exec.CommandContext(ctx, python, append([]string{"-m", "pip"}, args...)...).CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("pip install wasmtime==%s failed: %s", Version, lines[len(lines)-1])
	}
	return nil
}

// packagesDir is where Install puts the package.
func packagesDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for cached files: %w", err)
	}
	return filepath.Join(base, "isohttp", "tools", "wasmtime-"+Version), nil
}

func findPython() (string, error) {
	names := []string{"python3", "python"}
	if name := os.Getenv(PythonVariable); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Python found: install Python 3.9 or newer (Debian: apt-get install python3 python3-pip), or set %s", PythonVariable)
}
