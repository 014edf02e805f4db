// SPDX-License-Identifier: MIT

package component

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"
)

// knownAdapters are the preview 1 adapters that this package was tested with, by their
// SHA-256: those that jco 1.35.0 ships. An adapter keeps state in the program's own
// memory and calls back into it, so an unknown one is a risk that nobody should
// take unawares.
var knownAdapters = map[string]string{
	"2a652d711c1fff34f9d5a0e073e50ef7eeb8fe7d8a6d559eae643a4c049a7b94": "wasi_snapshot_preview1.command.wasm",
	"b857310c4753c8fafaa0f890e9ccf978dc3d9dbe8804b1125291a627485041d0": "wasi_snapshot_preview1.reactor.wasm",
}

// readAdapter reads the adapter for a form and checks it. With any, one of another
// version is taken if its outline is right.
func readAdapter(path string, form Form, any bool) ([]byte, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, faultf(ErrNoTools, "the preview 1 adapter cannot be read: %v", err)
	}
	m, err := Inspect(file)
	switch {
	case err != nil || m.Component:
		return nil, faultf(ErrAdapter, "%s is not a preview 1 adapter: it is no core module", path)
	case !m.HasExport("fd_write") || !m.HasExport("clock_time_get"):
		return nil, faultf(ErrAdapter, "%s is not a preview 1 adapter: it does not export the functions of %s", path, preview1)
	}
	command := slices.ContainsFunc(m.Exports, func(name string) bool { return strings.HasPrefix(name, "wasi:cli/run@0.2.") })
	if command != (form != FormCommand) {
		return nil, faultf(ErrAdapter, "%s is the wrong adapter for the %s form: want %s", path, form, form.adapter())
	}
	sum := sha256.Sum256(file)
	if _, ok := knownAdapters[hex.EncodeToString(sum[:])]; !ok && !any {
		return nil, faultf(ErrAdapter,
			"%s is an adapter of another version (it imports WASI %s, its SHA-256 begins with %x): use those of jco %s (gocomponent tools -install), or accept it with -any-adapter",
			path, wasiVersion(m.Imports), sum[:6], JcoVersion)
	}
	return file, nil
}

// wasiVersion is the version in an adapter's imports.
func wasiVersion(imports []string) string {
	for _, name := range imports {
		if strings.HasPrefix(name, "wasi:") {
			if _, version, ok := strings.Cut(name, "@"); ok {
				return version
			}
		}
	}
	return "unknown"
}
