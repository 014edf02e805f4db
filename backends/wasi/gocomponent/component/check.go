// SPDX-License-Identifier: MIT

package component

import (
	"slices"
	"strings"
)

// Names of exports that matter here.
const (
	exportRealloc        = "cabi_realloc"
	exportAdapterRealloc = "cabi_realloc_adapter"
	exportRun            = "wasi:cli/run@0.2.0#run"
	exportInitialize     = "_initialize"
	exportStart          = "_start"

	preview1 = "wasi_snapshot_preview1"

	importCommand = "github.com/isohttp/isohttp/backends/wasi/command"
	importWASI    = "github.com/isohttp/isohttp/backends/wasi"
)

// hostInterfaces are what the WIT lets a module import.
var hostInterfaces = []string{
	preview1,
	"wasi:clocks/monotonic-clock@0.2.0",
	"wasi:http/outgoing-handler@0.2.0",
	"wasi:http/types@0.2.0",
	"wasi:io/error@0.2.0",
	"wasi:io/poll@0.2.0",
	"wasi:io/streams@0.2.0",
}

// checkCore says whether a component can be made of the module, and in which form.
func checkCore(file []byte) (Form, error) {
	m, err := Inspect(file)
	if err != nil {
		return "", err
	}
	if m.Component {
		return "", faultf(ErrIsComponent, "the file is already a component: run it as it is")
	}
	for _, name := range m.Imports {
		if slices.Contains(hostInterfaces, name) {
			continue
		}
		if name == "gojs" || name == "go" {
			return "", faultf(ErrNotGuest, "the module was built for JavaScript (GOOS=js): build it with GOOS=wasip1")
		}
		return "", faultf(ErrNotGuest, "the module imports %s, which is not among what this tool describes to the host (%s)",
			name, strings.Join(hostInterfaces, ", "))
	}
	if !slices.Contains(m.Imports, preview1) {
		return "", faultf(ErrNotGuest, "the module does not import %s: it was not built by the go command with GOOS=wasip1", preview1)
	}

	form := FormExe
	switch {
	case m.HasExport(exportInitialize):
		form = FormCommand
	case !m.HasExport(exportStart):
		return "", faultf(ErrNotGuest, "the module exports neither %s nor %s: it is not a Go program", exportStart, exportInitialize)
	}
	switch {
	case m.HasExport(exportAdapterRealloc):
	case m.HasExport(exportRealloc):
		return "", faultf(ErrForeignRealloc,
			"the module exports %s but not %s: its %s comes from other bindings, which do not keep the adapter's memory apart from Go's heap; use those of %s alone",
			exportRealloc, exportAdapterRealloc, exportRealloc, importWASI)
	default:
		return "", faultf(ErrNoRealloc,
			"the module does not export %s, without which the adapter's memory and Go's heap would overlap: import %s, or only for its effect %s, in the program",
			exportAdapterRealloc, importWASI, importCommand)
	}
	if form == FormCommand && !m.HasExport(exportRun) {
		return "", faultf(ErrNoRun,
			"the module does not export %s: add import _ %q to package main, or build the program in the exe form",
			exportRun, importCommand)
	}
	return form, nil
}
