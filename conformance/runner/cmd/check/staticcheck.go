// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// staticcheckVersion is the version of the module honnef.co/go/tools. It is pinned here
// and not in a go.mod, because no module of the repository uses it.
const staticcheckVersion = "v0.8.2"

// staticcheckStep runs staticcheck in every module, for all of the module's targets at
// once: a function that only one of them calls is not unused.
func (c *checker) staticcheckStep(mods []module) step {
	run := func(ctx context.Context) error {
		tool, err := c.staticcheck(ctx)
		if err != nil {
			return err
		}
		var errs []error
		for _, m := range mods {
			var matrix strings.Builder
			for _, goos := range m.targets {
				env, err := c.staticEnviron(ctx, m, goos)
				if err != nil {
					return err
				}
				fmt.Fprintf(&matrix, "%s: %s\n", goos, strings.Join(env, " "))
			}
			errs = append(errs, c.exec(ctx, command{dir: m.dir, args: []string{tool, "-matrix", "./..."}, stdin: matrix.String()}))
		}
		return errors.Join(errs...)
	}
	return step{what: "staticcheck", platform: "all targets", version: staticcheckVersion, computes: true, run: run}
}

// staticEnviron is environ for staticcheck, which also calls the go command outside of
// any module and so cannot do with -modfile in GOFLAGS. A workspace has the same effect.
func (c *checker) staticEnviron(ctx context.Context, m module, goos string) ([]string, error) {
	env := target(goos)
	if m.modfile == "" || goos != "wasip1" {
		return env, nil
	}
	path, err := c.output(ctx, m.dir, nil, "go", "run", m.modfile, "-path")
	if err != nil {
		return nil, fmt.Errorf("preparing %s for wasip1: %w", m.dir, err)
	}
	text, err := c.output(ctx, m.dir, nil, "go", "mod", "edit", "-json", strings.TrimSpace(path))
	if err != nil {
		return nil, err
	}
	work, err := workspace(filepath.Join(c.root, m.dir), []byte(text))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(c.temp, strings.ReplaceAll(m.dir, "/", "-")+".work")
	if err := os.WriteFile(file, []byte(work), 0o666); err != nil {
		return nil, err
	}
	return append(env, "GOWORK="+file), nil
}

// workspace returns a go.work file for the module in dir, with the replacements by
// absolute paths of a go.mod file, which is given in the form of go mod edit -json.
func workspace(dir string, modfile []byte) (string, error) {
	var mod struct {
		Go      string
		Replace []struct {
			Old, New struct{ Path, Version string }
		}
	}
	if err := json.Unmarshal(modfile, &mod); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "go %s\n\nuse %q\n\n", mod.Go, dir)
	for _, r := range mod.Replace {
		if filepath.IsAbs(r.New.Path) {
			fmt.Fprintf(&b, "replace %s %s => %q\n", r.Old.Path, r.Old.Version, r.New.Path)
		}
	}
	return b.String(), nil
}

// staticcheck returns the path of staticcheck. It is built once for each version of its
// own and of Go, and kept in the user's cache folder; building it takes half a minute. It
// must be built without GOOS: "go tool" would build it for the target.
func (c *checker) staticcheck(ctx context.Context) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "isohttp", "tools", "staticcheck-"+staticcheckVersion+"-"+runtime.Version())
	tool := filepath.Join(dir, "staticcheck")
	if runtime.GOOS == "windows" {
		tool += ".exe"
	}
	if _, err := os.Stat(tool); err == nil {
		return tool, nil
	}
	fmt.Fprintf(c.out, "building staticcheck %s, once\n", staticcheckVersion)
	cmd := exec.CommandContext(ctx, "go", "install", "honnef.co/go/tools/cmd/staticcheck@"+staticcheckVersion)
	cmd.Dir = c.temp // outside of any module
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building staticcheck: %w\n%s", err, out)
	}
	return tool, nil
}
