// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// staticcheckVersion is the version of the module honnef.co/go/tools. It is pinned here
// and not in a go.mod, because no module of the repository uses it.
const staticcheckVersion = "v0.8.2"

func (c *checker) staticcheckStep(mods []module, goos string) step {
	return step{what: "staticcheck", platform: goos, version: staticcheckVersion, run: func(ctx context.Context) error {
		tool, err := c.staticcheck(ctx)
		if err != nil {
			return err
		}
		return c.each(mods, goos, tool, "./...")(ctx)
	}}
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
