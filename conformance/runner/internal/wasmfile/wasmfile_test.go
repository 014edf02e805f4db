// SPDX-License-Identifier: MIT

package wasmfile

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const header = "\x00asm\x01\x00\x00\x00"

// section puts a section's type and length in front of its body, which is short.
func section(id byte, body string) string { return string([]byte{id, byte(len(body))}) + body }

func name(s string) string { return string([]byte{byte(len(s))}) + s }

var (
	imports = section(sectionImport, "\x04"+
		name("wasi:http/types@0.2.0")+name("f")+"\x00\x05"+
		name("m")+name("t")+"\x01\x70\x01\x02\x03"+
		name("m")+name("mem")+"\x02\x00\x01"+
		name("m")+name("g")+"\x03\x7f\x01")
	names = section(sectionCustom, name("name")+
		section(0, name("module"))+
		section(1, "\x02\x00"+name("net_http.__Client_.do")+"\x01"+name("main.main")))
)

func TestParse(t *testing.T) {
	m, err := Parse([]byte(header + section(sectionCustom, name("other")+"\xff\xff") + imports + section(10, "code") + names))
	if err != nil {
		t.Fatal(err)
	}
	wantImports := []Import{{"wasi:http/types@0.2.0", "f"}, {"m", "t"}, {"m", "mem"}, {"m", "g"}}
	if !slices.Equal(m.Imports, wantImports) {
		t.Errorf("imports are %v", m.Imports)
	}
	if want := []string{"net_http.__Client_.do", "main.main"}; !slices.Equal(m.Functions, want) {
		t.Errorf("functions are %q", m.Functions)
	}
}

func TestParseDamaged(t *testing.T) {
	for what, file := range map[string]string{
		"empty":           "",
		"no header":       "hello, world",
		"component":       "\x00asm\x0d\x00\x01\x00",
		"cut in section":  header + imports[:len(imports)-3],
		"no length":       header + "\x02",
		"long length":     header + "\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"bad import kind": header + section(sectionImport, "\x01"+name("m")+name("f")+"\x09"),
		"too few imports": header + section(sectionImport, "\x02"+name("m")+name("f")+"\x00\x05"),
		"cut in names":    header + section(sectionCustom, name("name")+section(1, "\x02\x00"+name("f"))),
	} {
		if _, err := Parse([]byte(file)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(header + imports + names))
	f.Add([]byte(header + strings.Repeat(imports, 3)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if m, err := Parse(file); (m == nil) == (err == nil) {
			t.Errorf("module %v and error %v", m, err)
		}
	})
}
