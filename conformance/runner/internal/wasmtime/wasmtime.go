// SPDX-License-Identifier: MIT

package wasmtime

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

//go:embed host.py
var hostScript string

// maxStack is the room for wasm frames. Calls between Go functions are calls of wasm
// functions, so deep recursion needs much more than wasmtime's usual half a megabyte;
// what the main thread has on common systems is 8 MiB.
const maxStack = 6 << 20

// Host has the settings of a run. Its zero value is usable.
type Host struct {
	install  bool
	dirs     []string
	required []string
}

// AddFlags adds the flags of the settings.
func (h *Host) AddFlags(flags *flag.FlagSet) {
	flags.BoolVar(&h.install, "install", false, "get wasmtime and the component tools first, as far as they are missing, by pip and npm "+
		"(CI=true in the environment does the same); without a program, do only that")
	flags.Func("dir", "let the guest also write to the folder `DIR`; may be repeated", func(s string) error {
		abs, err := filepath.Abs(s)
		h.dirs = append(h.dirs, abs)
		return err
	})
	flags.Func("require", "fail unless the component imports the `INTERFACE` (\"wasi:http/outgoing-handler\"); may be repeated", func(s string) error {
		h.required = append(h.required, s)
		return nil
	})
}

// job is what host.py is told.
type job struct {
	Packages  string   `json:"packages"`
	Component string   `json:"component"`
	Run       string   `json:"run"`
	Env       []string `json:"env"`
	Dirs      [][3]any `json:"dirs"`
	Stack     int      `json:"stack"`
}

// Run makes a component of guest, unless it is one, runs it and returns its exit
// status. Component hosts know success and failure only: it is 0 or 1, or 134 when
// wasmtime aborted the program.
func (h *Host) Run(ctx context.Context, guest *launch.Guest) (int, error) {
	engine, err := get(ctx, h.install)
	if err != nil {
		return 0, err
	}
	path, module, err := prepare(ctx, guest.Path)
	if err != nil {
		return 0, err
	}
	j := job{Packages: engine.packages, Component: path, Stack: maxStack}
	if j.Run, err = h.check(module); err != nil {
		return 0, err
	}
	if err := h.files(&j, guest); err != nil {
		return 0, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return 0, err
	}
	// -I keeps the user's own Python settings out of it.
	cmd := exec.CommandContext(ctx, engine.python, append([]string{"-I", "-c", hostScript, string(text)}, guest.Args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	status, err := launch.RunChild(cmd)
	if err != nil {
		return 0, fmt.Errorf("running Python: %w", err)
	}
	return status, nil
}

// prepare returns a file with the component to run, and what it imports and exports.
func prepare(ctx context.Context, path string) (string, *component.Module, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	module, err := component.Inspect(file)
	if err == nil && module.Component {
		return path, module, nil
	}
	result, err := component.Wrap(ctx, path, nil)
	if errors.Is(err, component.ErrNoTools) {
		return "", nil, fmt.Errorf("%w; wasmtimeexec -install does it too", err)
	}
	if err != nil {
		return "", nil, err
	}
	return result.Path, result.Module, nil
}

// check returns the name of the interface with the run function.
func (h *Host) check(module *component.Module) (string, error) {
	for _, want := range h.required {
		if !slices.ContainsFunc(module.Imports, func(name string) bool {
			return name == want || strings.HasPrefix(name, want+"@")
		}) {
			return "", fmt.Errorf("the component does not import %s", want)
		}
	}
	for _, name := range module.Exports {
		if strings.HasPrefix(name, "wasi:cli/run@0.2.") {
			return name, nil
		}
	}
	return "", errors.New("the component does not export wasi:cli/run: it is not a program")
}

// files gives the guest the whole file system to read, and its current folder, the
// folder for temporary files and those of -dir to write: what a test expects, and
// no more. PWD tells Go where it is; components have no current folder.
func (h *Host) files(j *job, guest *launch.Guest) error {
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	temp, err := filepath.Abs(os.TempDir())
	if err != nil {
		return err
	}
	root := filepath.VolumeName(cwd) + string(filepath.Separator)
	j.Dirs = append(j.Dirs, [3]any{root, "/", false})
	for _, dir := range append([]string{temp, cwd}, h.dirs...) {
		j.Dirs = append(j.Dirs, [3]any{dir, guestPath(dir), true})
	}
	j.Env = launch.SetDefault(guest.Env, "TMPDIR", guestPath(temp))
	j.Env = launch.SetDefault(j.Env, "PWD", guestPath(cwd))
	return nil
}

// guestPath is the path under which the guest sees a folder of the host.
func guestPath(path string) string {
	return filepath.ToSlash(strings.TrimPrefix(path, filepath.VolumeName(path)))
}
