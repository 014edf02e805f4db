// SPDX-License-Identifier: MIT

package component

import (
	"bytes"
	"fmt"
	"slices"
)

// Module is what a file of WebAssembly says of itself.
type Module struct {
	// Component tells a component from a core module.
	Component bool
	// Imports are the interfaces that a component imports, or the names of the
	// modules that a core module imports from; sorted, each once.
	Imports []string
	// Exports are the names of what is exported, in the order of the file.
	Exports []string
}

// Inspect reads the imports and exports of a core module or a component. It checks the
// outline of the file, not its code.
func Inspect(file []byte) (*Module, error) {
	m := new(Module)
	var importID, exportID byte
	var readImport, readExport func(*reader) string
	switch {
	case bytes.HasPrefix(file, componentHeader):
		m.Component = true
		importID, exportID = componentImport, componentExport
		readImport, readExport = componentImportName, componentExportName
	case bytes.HasPrefix(file, coreHeader):
		importID, exportID = coreImport, coreExport
		readImport, readExport = coreImportName, coreExportName
	default:
		return nil, faultf(ErrNotWasm, "the file is not WebAssembly")
	}
	list, err := sections(file)
	if err != nil {
		return nil, faultf(ErrNotWasm, "the WebAssembly file is %v", err)
	}
	for _, s := range list {
		switch s.id {
		case importID:
			m.Imports, err = readNames(s.body, readImport, m.Imports)
		case exportID:
			m.Exports, err = readNames(s.body, readExport, m.Exports)
		}
		if err != nil {
			return nil, faultf(ErrNotWasm, "the WebAssembly file is %v", err)
		}
	}
	slices.Sort(m.Imports)
	m.Imports = slices.Compact(m.Imports)
	for i, name := range m.Exports {
		if slices.Contains(m.Exports[:i], name) {
			return nil, faultf(duplicateReason(name), "the module is invalid: it exports %s twice", name)
		}
	}
	return m, nil
}

func duplicateReason(name string) error {
	if name == exportRealloc || name == exportAdapterRealloc {
		return ErrForeignRealloc
	}
	return ErrNotWasm
}

// HasExport reports whether name is exported.
func (m *Module) HasExport(name string) bool { return slices.Contains(m.Exports, name) }

// readNames reads a section that is a vector of named things. A component may have
// several such sections.
func readNames(body []byte, read func(*reader) string, names []string) ([]string, error) {
	r := reader{data: body}
	for range r.u32() {
		name := read(&r)
		if r.bad {
			return nil, errDamaged
		}
		names = append(names, name)
	}
	if r.bad || r.off != len(body) {
		return nil, errDamaged
	}
	return names, nil
}

func coreImportName(r *reader) string {
	module := r.name()
	r.name()
	switch r.byte() {
	case 0: // function
		r.u32()
	case 1: // table
		r.byte()
		r.limits()
	case 2: // memory
		r.limits()
	case 3: // global
		r.bytes(2)
	case 4: // tag
		r.byte()
		r.u32()
	default:
		r.fail()
	}
	return module
}

func coreExportName(r *reader) string {
	name := r.name()
	r.byte()
	r.u32()
	return name
}

func componentImportName(r *reader) string {
	name := externName(r)
	externDesc(r)
	return name
}

func componentExportName(r *reader) string {
	name := externName(r)
	if r.byte() == 0 { // a sort; a core one has a second byte
		r.byte()
	}
	r.u32()
	if r.byte() == 1 { // a type is written too
		externDesc(r)
	}
	return name
}

func externName(r *reader) string {
	kind := r.byte()
	name := r.name()
	if kind == 2 { // options follow, such as a version
		for n := r.u32(); n > 0 && !r.bad; n-- { // a damaged file may declare billions
			r.byte()
			r.name()
		}
	}
	return name
}

func externDesc(r *reader) {
	switch r.byte() {
	case 0: // core module
		r.byte()
		r.u32()
	case 1, 4, 5: // function, component, instance
		r.u32()
	case 2: // value
		if r.byte() == 0 {
			r.u32()
		} else {
			r.skipLEB()
		}
	case 3: // type
		if r.byte() == 0 {
			r.u32()
		}
	default:
		r.fail()
	}
}

// String is a short description.
func (m *Module) String() string {
	kind := "core module"
	if m.Component {
		kind = "component"
	}
	return fmt.Sprintf("%s, imports %v, exports %v", kind, m.Imports, m.Exports)
}
