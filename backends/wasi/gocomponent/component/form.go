// SPDX-License-Identifier: MIT

package component

import "fmt"

// Form is how the Go program inside a component is started.
type Form string

// The forms.
const (
	// FormCommand: a c-shared build that imports package backends/wasi/command. The
	// component's run function is the program's own; the reactor adapter stands
	// beside it. This is the form for programs.
	FormCommand Form = "command"
	// FormExe: a plain build, of any package main. The component's run function is
	// the command adapter's, which calls the program's _start. The adapter needs
	// memory before the Go runtime is there, so the initial value of the module's
	// stack pointer is changed; see [Wrap].
	FormExe Form = "exe"
	// FormTest: a package's tests, built by go test -c. Inside, it is FormExe.
	FormTest Form = "test"
)

// ParseForm returns the form of a name.
func ParseForm(name string) (Form, error) {
	switch f := Form(name); f {
	case FormCommand, FormExe, FormTest:
		return f, nil
	}
	return "", fmt.Errorf("unknown form %q: want command, exe or test", name)
}

// world is the WIT world that the module is embedded with.
func (f Form) world() string {
	if f == FormCommand {
		return "command"
	}
	return "client"
}

// adapter is the name of the preview 1 adapter that belongs to the form.
func (f Form) adapter() string {
	if f == FormCommand {
		return "wasi_snapshot_preview1.reactor.wasm"
	}
	return "wasi_snapshot_preview1.command.wasm"
}
