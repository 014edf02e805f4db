// SPDX-License-Identifier: MIT

package structure

import (
	"bytes"
	"go/ast"
	"go/build/constraint"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// api returns the exported declarations of the package in a folder, without comments, sorted:
// what a program can name. It reads the files without build constraints; that exported names
// are declared in no others is another rule.
func api(dir string) (string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", err
	}
	fset := token.NewFileSet()
	var decls []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_js.go") || strings.HasSuffix(name, "_wasip1.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if constrained(text) {
			continue
		}
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		ast.FileExports(file)
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil && !exportedReceiver(d.Recv.List[0].Type) {
					continue
				}
				d.Body = nil
			case *ast.GenDecl:
				if d.Tok == token.IMPORT || len(d.Specs) == 0 {
					continue
				}
			}
			var b bytes.Buffer
			if err := format.Node(&b, fset, decl); err != nil {
				return "", err
			}
			decls = append(decls, b.String())
		}
	}
	slices.Sort(decls)
	return strings.Join(decls, "\n\n") + "\n", nil
}

// exportedReceiver reports whether the type of a receiver has an exported name.
func exportedReceiver(expr ast.Expr) bool {
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	name, ok := expr.(*ast.Ident)
	return !ok || name.IsExported()
}

// constrained reports whether a file has a build constraint.
func constrained(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		if constraint.IsGoBuild(strings.TrimSpace(line)) {
			return true
		}
		if strings.HasPrefix(line, "package ") {
			return false
		}
	}
	return false
}

// lineDiff returns the lines that only one of two texts has, in their order: - for the first,
// + for the second.
func lineDiff(want, got string) string {
	var b strings.Builder
	only := func(sign, text, other string) {
		have := strings.Split(other, "\n")
		for _, line := range strings.Split(text, "\n") {
			if !slices.Contains(have, line) {
				b.WriteString(sign + line + "\n")
			}
		}
	}
	only("-", want, got)
	only("+", got, want)
	if b.Len() == 0 && want != got {
		return "(the same lines in another order or number)\n"
	}
	return b.String()
}
