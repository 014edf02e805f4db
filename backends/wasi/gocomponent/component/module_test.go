// SPDX-License-Identifier: MIT

package component

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// core makes a module with the given functions imported and exported, and a global like
// Go's stack pointer.
func core(imports, exports []string) []byte {
	vector := func(n int, items []byte) []byte { return append(appendU32(nil, uint32(n)), items...) }
	name := func(s string) []byte { return append(appendU32(nil, uint32(len(s))), s...) }
	file := bytes.Clone(coreHeader)
	add := func(id byte, body []byte) {
		file = append(file, id)
		file = appendU32(file, uint32(len(body)))
		file = append(file, body...)
	}
	var items []byte
	for _, module := range imports {
		items = append(items, name(module)...)
		items = append(items, name("f")...)
		items = append(items, 0, 0)
	}
	add(coreImport, vector(len(imports), items))
	add(coreGlobal, []byte{1, 0x7f, 1, 0x41, 0, 0x0b})
	items = nil
	for _, export := range exports {
		items = append(items, name(export)...)
		items = append(items, 0, 0)
	}
	add(coreExport, vector(len(exports), items))
	return file
}

var (
	guestImports   = []string{preview1, "wasi:http/types@0.2.0"}
	exeExports     = []string{"memory", exportStart, exportRealloc, exportAdapterRealloc}
	commandExports = []string{"memory", exportInitialize, exportRealloc, exportAdapterRealloc, exportRun}
)

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

func TestCheckCore(t *testing.T) {
	good := core(guestImports, exeExports)
	for _, c := range []struct {
		name string
		file []byte
		form Form
		want error
		text string // what the sentence has in it
	}{
		{"exe", good, FormExe, nil, ""},
		{"command", core(guestImports, commandExports), FormCommand, nil, ""},
		{"exe with command imported", core(guestImports, append([]string{exportRun}, exeExports...)), FormExe, nil, ""},
		{"empty file", nil, "", ErrNotWasm, "not WebAssembly"},
		{"text", []byte("package main\n"), "", ErrNotWasm, "not WebAssembly"},
		{"cut short", good[:len(good)-3], "", ErrNotWasm, "damaged"},
		{"component", append(bytes.Clone(componentHeader), 0, 1, 0), "", ErrIsComponent, "already a component"},
		{"twice", core(guestImports, append([]string{exportRealloc}, exeExports...)), "", ErrForeignRealloc, "exports cabi_realloc twice"},
		{"js", core([]string{"gojs"}, exeExports), "", ErrNotGuest, "GOOS=wasip1"},
		{"unknown import", core([]string{preview1, "wasi:sockets/tcp@0.2.0"}, exeExports), "", ErrNotGuest, "wasi:sockets/tcp@0.2.0"},
		{"no preview 1", core([]string{"wasi:http/types@0.2.0"}, exeExports), "", ErrNotGuest, preview1},
		{"no start", core(guestImports, without(exeExports, exportStart)), "", ErrNotGuest, exportStart},
		{"no cabi_realloc_adapter", core(guestImports, []string{exportStart}), "", ErrNoRealloc, importCommand},
		{"another's cabi_realloc", core(guestImports, without(exeExports, exportAdapterRealloc)), "", ErrForeignRealloc, "other bindings"},
		{"no run", core(guestImports, without(commandExports, exportRun)), "", ErrNoRun, `import _ "` + importCommand + `"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			form, err := checkCore(c.file)
			if form != c.form || !errors.Is(err, c.want) {
				t.Fatalf("%q, %v; want %q, %v", form, err, c.form, c.want)
			}
			if err != nil && (!strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("the sentence is %q", err)
			}
		})
	}
}

// Every beginning of a module is refused or read, and never more than is there.
func TestInspectCutFiles(t *testing.T) {
	file := core(guestImports, exeExports)
	for n := range len(file) {
		if m, err := Inspect(file[:n]); err == nil && m.HasExport(exportStart) {
			t.Errorf("the first %d bytes of %d are taken for the whole", n, len(file))
		}
	}
	if m, err := Inspect(file); err != nil || !slices.Equal(m.Imports, []string{"wasi:http/types@0.2.0", preview1}) || !slices.Equal(m.Exports, exeExports) {
		t.Errorf("%v, %v", m, err)
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(core(guestImports, exeExports))
	f.Add(append(bytes.Clone(componentHeader), 11, 2, 0, 0))
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x02\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if m, err := Inspect(file); err == nil {
			for _, name := range append(m.Imports, m.Exports...) {
				if !bytes.Contains(file, []byte(name)) {
					t.Errorf("%q is not in the file", name)
				}
			}
		} else if !errors.Is(err, ErrNotWasm) && !errors.Is(err, ErrForeignRealloc) {
			t.Error(err)
		}
		if out, err := setStackPointer(file); err == nil {
			if _, err := sections(out); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSetStackPointer(t *testing.T) {
	file := core(guestImports, exeExports)
	out, err := setStackPointer(file)
	if err != nil {
		t.Fatal(err)
	}
	before, err := sections(file)
	if err != nil {
		t.Fatal(err)
	}
	after, err := sections(out)
	if err != nil {
		t.Fatal(err)
	}
	for i := range before {
		want := before[i].body
		if before[i].id == coreGlobal {
			want = []byte{1, 0x7f, 1, 0x41, 0x80, 0x20, 0x0b} // i32.const 4096
		}
		if after[i].id != before[i].id || !bytes.Equal(after[i].body, want) {
			t.Errorf("section %d is %x, want %x", before[i].id, after[i].body, want)
		}
	}
	// Not Go's stack pointer: immutable, or not 0.
	for _, global := range [][]byte{{1, 0x7f, 0, 0x41, 0, 0x0b}, {1, 0x7f, 1, 0x41, 5, 0x0b}, {0}} {
		other := append(bytes.Clone(coreHeader), coreGlobal, byte(len(global)))
		if _, err := setStackPointer(append(other, global...)); !errors.Is(err, ErrNotGuest) {
			t.Errorf("%x: %v", global, err)
		}
	}
}

func TestLEB(t *testing.T) {
	for _, v := range []uint32{0, 1, 127, 128, 16383, 16384, 1<<32 - 1} {
		if want := binary.AppendUvarint(nil, uint64(v)); !bytes.Equal(appendU32(nil, v), want) {
			t.Errorf("%d: %x, want %x", v, appendU32(nil, v), want)
		}
		r := reader{data: appendU32(nil, v)}
		if got := r.u32(); got != v || r.bad || r.off != len(r.data) {
			t.Errorf("%d is read as %d", v, got)
		}
	}
	for _, long := range []string{"\xff\xff\xff\xff\x7f", "\x80\x80\x80\x80\x80\x00", "\x80"} {
		if r := (&reader{data: []byte(long)}); r.u32() != 0 || !r.bad {
			t.Errorf("%x is taken for a number", long)
		}
	}
	for v, want := range map[int32]string{0: "\x00", 63: "\x3f", 64: "\xc0\x00", 4096: "\x80\x20", -1: "\x7f", -65: "\xbf\x7f"} {
		if got := string(appendS32(nil, v)); got != want {
			t.Errorf("%d: %x, want %x", v, got, want)
		}
	}
}

// The WIT describes exactly the functions that the Go side imports: what it has too much
// a host would have to offer for nothing, and what it lacks would not build.
func TestWITMatchesImports(t *testing.T) {
	imported := importedFunctions(t, "../../internal/wit")
	described := describedFunctions(WIT())
	for name := range imported {
		if !described[name] {
			t.Errorf("imported but not in the WIT: %s", name)
		}
	}
	for name := range described {
		if !imported[name] {
			t.Errorf("in the WIT but not imported: %s", name)
		}
	}
	if len(imported) < 30 {
		t.Errorf("found only %d imports", len(imported))
	}
	for name := range imported {
		if module, _, _ := strings.Cut(name, " "); !slices.Contains(hostInterfaces, module) {
			t.Errorf("%s is not in hostInterfaces", module)
		}
	}
}

// importedFunctions are the "module name" pairs of the wasmimport lines in a folder, less
// those of resource-drop, which a WIT does not list.
func importedFunctions(t *testing.T, dir string) map[string]bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, entry := range entries {
		file, err := os.ReadFile(dir + "/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(file)) {
			if rest, ok := strings.CutPrefix(line, "//go:wasmimport "); ok && !strings.Contains(rest, "[resource-drop]") {
				names[strings.TrimSpace(rest)] = true
			}
		}
	}
	return names
}

// describedFunctions reads as much of the WIT language as the project's own file uses.
func describedFunctions(text string) map[string]bool {
	names := make(map[string]bool)
	var pkg, version, iface, resource string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		name := strings.TrimPrefix(strings.TrimRight(words[0], ":"), "%")
		switch {
		case words[0] == "package" && strings.Contains(line, "@"):
			pkg, version, _ = strings.Cut(words[1], "@")
		case words[0] == "world", strings.HasPrefix(line, "package wasi:cli@"):
			pkg = ""
		case words[0] == "interface":
			iface, resource = pkg+"/"+words[1]+"@"+version, ""
		case words[0] == "resource" && strings.HasSuffix(strings.TrimSpace(line), "{"):
			resource = words[1]
		case indent <= 4 && words[0] == "}":
			resource = ""
		case pkg == "" || pkg == "wasi:cli":
		case strings.HasPrefix(words[0], "constructor("):
			names[iface+" [constructor]"+resource] = true
		case len(words) > 2 && words[1] == "static":
			names[iface+" [static]"+resource+"."+name] = true
		case len(words) > 1 && strings.HasPrefix(words[1], "func(") && resource != "":
			names[iface+" [method]"+resource+"."+name] = true
		case len(words) > 1 && strings.HasPrefix(words[1], "func("):
			names[iface+" "+name] = true
		}
	}
	return names
}
