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
	// targets are the GOOS values for which it is vetted. Its tests run natively.
	targets []string
	// guests is the pattern of the packages whose tests also run on the guest platforms.
	// Empty means none.
	guests string
	// modfile is the package of a command that prints the -modfile flag for wasip1, for
	// a module that cannot be built there without.
	modfile string
	// served are the packages whose tests need services beside them. They have steps of
	// their own, natively and on the guest platforms.
	served []served
	// reason says why these and no others.
	reason string
}

// endurance is the package, of docs/examples, that works on a storage account for long.
const endurance = "./azuresdk/endurance"

// served is a package whose tests need services.
type served struct {
	tests    string // the package
	services string // the package of a command that runs another one with the services
}

var (
	guestTargets = []string{"linux", "js", "wasip1"}
	allTargets   = []string{"linux", "js", "wasip1", "windows", "darwin"}
)

// modules is the one table of what is checked where. A go.mod that is not in it is an
// error, so that a new module cannot be forgotten.
func modules() []module {
	return []module{
		{dir: ".", targets: allTargets, guests: "./...",
			reason: "the library has to build, and keep its promises, wherever a program that uses it runs"},
		{dir: "backends/wasi/wazerohost", targets: guestTargets,
			reason: "it builds everywhere wazero does; it is a host, so its tests need sockets to listen on"},
		{dir: "backends/wasi/gocomponent", targets: guestTargets,
			reason: "a command for developers' machines: it starts other programs, which a guest cannot"},
		{dir: "conformance/runner", targets: guestTargets,
			reason: "commands for developers' machines, as above; its tests are what starts the guests"},
		{dir: "docs/examples", targets: guestTargets, guests: "./portable/...", modfile: "./cmd/wasip1mod",
			served: []served{{"./azuresdk", "./azuresdk/cmd/withservices"}, {endurance, "./azuresdk/endurance/cmd/withkillable"}},
			reason: "the portable program is checked where it runs; the rest starts programs or listens"},
		{dir: "docs/examples/observability", targets: guestTargets, guests: "./...",
			reason: "what can be seen of a request is part of what is promised on every platform"},
		{dir: "docs/examples/langserver", targets: guestTargets,
			reason: "a server: it listens"},
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
