// SPDX-License-Identifier: MIT

package structure

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"path"
	"slices"
	"strings"
)

// source is one Go file of the repository.
type source struct {
	path string // below the repository, with slashes
	text []byte
	file *ast.File
	fset *token.FileSet
}

// parseSource parses a file of the repository.
func parseSource(name string, text []byte) (source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{name, text, file, fset}, err
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// tagged reports whether the file is left out on some system that the library is built
// for, by its name or by a constraint in it.
func (s source) tagged() bool {
	for _, goos := range append([]string{"windows", "darwin"}, goosList...) {
		ctx := build.Default
		ctx.GOOS, ctx.GOARCH = goos, "amd64"
		if goos == "js" || goos == "wasip1" {
			ctx.GOARCH = "wasm"
		}
		ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.text)), nil }
		if match, err := ctx.MatchFile("", path.Base(s.path)); err != nil || !match {
			return true
		}
	}
	return false
}

// internal reports whether the file's package is one that only this repository can
// import.
func (s source) internal() bool {
	return slices.Contains(strings.Split(path.Dir(s.path), "/"), "internal")
}

// checkExported: documentation sites show a package as one system sees it, and shared
// code mentions names on all of them, so an exported name has to be where every system
// finds it. Packages below internal are for this repository alone, and some exist for
// one system only.
func checkExported(s source) (faults []string) {
	if s.isTest() || s.internal() || s.file.Name.Name == "main" || !s.tagged() {
		return nil
	}
	for _, decl := range s.file.Decls {
		for _, name := range exportedNames(decl) {
			faults = append(faults, fmt.Sprintf("%s: exported name %s in a file that not every system builds: declare it in an untagged one", s.at(decl), name))
		}
	}
	return faults
}

func exportedNames(decl ast.Decl) (names []string) {
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names = append(names, id.Name)
		}
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || ast.IsExported(receiver(d)) {
			add(d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch sp := spec.(type) {
			case *ast.TypeSpec:
				add(sp.Name)
			case *ast.ValueSpec:
				for _, id := range sp.Names {
					add(id)
				}
			}
		}
	}
	return names
}

// receiver returns the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

const licenseLine = "// SPDX-License-Identifier: MIT"

// checkLicense: whoever gets one file knows its licence.
func checkLicense(s source) (faults []string) {
	if first, _, _ := strings.Cut(string(s.text), "\n"); first != licenseLine {
		return []string{s.path + ": the first line is not \"" + licenseLine + "\""}
	}
	return nil
}

// maxLines is the length at which a file has more than one subject.
const maxLines = 400

// checkLength: one noun a file.
func checkLength(s source) (faults []string) {
	if n := bytes.Count(s.text, []byte("\n")); n > maxLines && !s.isTest() {
		return []string{fmt.Sprintf("%s: %d lines, more than %d: split it by subject", s.path, n, maxLines)}
	}
	return nil
}

// checkCalls: a test that skips itself or waits for time to pass proves nothing, and
// package initialization that does something links what it touches into every program.
func checkCalls(s source) (faults []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil && !s.isTest() {
				faults = append(faults, s.at(n)+": func init: do it where it is needed")
			}
		case *ast.SelectorExpr:
			if !s.isTest() {
				break
			}
			x, _ := n.X.(*ast.Ident)
			switch {
			case x == nil:
			case slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, n.Sel.Name) && slices.Contains([]string{"t", "b", "f", "tb"}, x.Name):
				faults = append(faults, s.at(n)+": a test that is skipped: build tags or capabilities say where it runs")
			case x.Name == "time" && n.Sel.Name == "Sleep" && !s.imports("testing/synctest"):
				faults = append(faults, s.at(n)+": a sleep in a test: wait for the event, or use testing/synctest")
			}
		}
		return true
	})
	return faults
}

func (s source) imports(path string) bool {
	return slices.ContainsFunc(s.file.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"`+path+`"` })
}

// checkPackageComments: a package is described once. A second description beside it drifts
// away unnoticed, because go doc shows them one after the other.
func checkPackageComments(sources []source) (faults []string) {
	described := make(map[string][]string) // by folder: files with a package comment
	for _, s := range sources {
		if s.isTest() {
			continue
		}
		dir := path.Dir(s.path)
		if doc := s.file.Doc; doc != nil && doc.List[len(doc.List)-1].Text != licenseLine {
			described[dir] = append(described[dir], s.path)
		} else if _, ok := described[dir]; !ok {
			described[dir] = nil
		}
	}
	for dir, files := range described {
		switch {
		case len(files) == 0:
			faults = append(faults, dir+": the package has no comment")
		case len(files) > 1:
			faults = append(faults, fmt.Sprintf("%s: the package has a comment in each of %s", dir, strings.Join(files, ", ")))
		}
	}
	slices.Sort(faults)
	return faults
}

// checkPortable: the portable program is the proof that one source does for all. It may not
// even ask where it runs.
func checkPortable(s source) (faults []string) {
	if s.tagged() {
		faults = append(faults, s.path+": not every system builds this file")
	}
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if constraint.IsGoBuild(c.Text) && c.Pos() < s.file.Package {
				faults = append(faults, s.at(c)+": a build constraint")
			}
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "runtime" && (sel.Sel.Name == "GOOS" || sel.Sel.Name == "GOARCH") {
				faults = append(faults, s.at(sel)+": runtime."+sel.Sel.Name+": the program asks where it runs")
			}
		}
		return true
	})
	return faults
}
