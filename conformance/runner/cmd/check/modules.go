// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// module is one Go module of the repository and where it is checked.
type module struct {
	dir string
	// targets are the GOOS values for which it is vetted; staticcheck runs for those of
	// them in staticTargets. Its tests run natively everywhere.
	targets []string
	// guests is the pattern of the packages whose tests also run on the guest platforms.
	// Empty means none.
	guests string
	// reason says why these and no others.
	reason string
}

var (
	guestTargets  = []string{"linux", "js", "wasip1"}
	allTargets    = []string{"linux", "js", "wasip1", "windows", "darwin"}
	staticTargets = guestTargets
)

// modules is the one table of what is checked where. A go.mod that is not in it is an
// error, so that a new module cannot be forgotten.
func modules() []module {
	return []module{
		{".", allTargets, "./...",
			"the library has to build, and keep its promises, wherever a program that uses it runs"},
		{"backends/wasi/wazerohost", guestTargets, "",
			"it builds everywhere wazero does; it is a host, so its tests need sockets to listen on"},
		{"backends/wasi/gocomponent", guestTargets, "",
			"a command for developers' machines: it starts other programs, which a guest cannot"},
		{"conformance/runner", guestTargets, "",
			"commands for developers' machines, as above; its tests are what starts the guests"},
		{"docs/examples", guestTargets, "./portable/...",
			"the portable program is checked where it runs; the rest starts programs or listens"},
		{"docs/examples/langserver", guestTargets, "",
			"a server: it listens"},
	}
}

// findModules returns the modules of the table that are in the repository, after a look
// at whether it has others.
func findModules(ctx context.Context, root string) ([]module, error) {
	files, err := gitFiles(ctx, root, "go.mod", "**/go.mod")
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, file := range files {
		dirs = append(dirs, path.Dir(file))
	}
	return matchModules(modules(), dirs)
}

func matchModules(table []module, dirs []string) ([]module, error) {
	var found []module
	for _, m := range table {
		if slices.Contains(dirs, m.dir) {
			found = append(found, m)
		}
	}
	for _, dir := range dirs {
		if !slices.ContainsFunc(table, func(m module) bool { return m.dir == dir }) && !ignored(dir) {
			return nil, fmt.Errorf("the module in %s is not in the table of conformance/runner/cmd/check/modules.go: say there where it is checked", dir)
		}
	}
	return found, nil
}

// ignored reports whether the go command would not look into dir either.
func ignored(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(name string) bool {
		return name == "testdata" || len(name) > 1 && name[0] == '.' || name[0] == '_'
	})
}

// gitFiles returns the files of the repository that match patterns: those that are
// committed, and new ones that are not ignored.
func gitFiles(ctx context.Context, root string, patterns ...string) ([]string, error) {
	args := append([]string{"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"}, patterns...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("asking git for files: %w", err)
	}
	files := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	slices.Sort(files)
	return slices.Compact(files), nil
}
