// SPDX-License-Identifier: MIT

// Command matrix writes docs/compatibility.md from the matrices that are kept of every profile
// and from the catalogue of the conformance suite. "make matrix" calls it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/runner/internal/matrix"
)

func main() {
	root := flag.String("root", filepath.FromSlash("../.."), "the repository's `folder`")
	flag.Parse()
	if err := write(*root); err != nil {
		fmt.Fprintf(os.Stderr, "matrix: %v\n", err)
		os.Exit(1)
	}
}

func write(root string) error {
	goldens, err := matrix.Load(filepath.Join(root, filepath.FromSlash(matrix.Dir)))
	if err != nil {
		return err
	}
	page := matrix.Page(conformance.Cases(), goldens)
	return os.WriteFile(filepath.Join(root, filepath.FromSlash(matrix.File)), []byte(page), 0o644)
}
