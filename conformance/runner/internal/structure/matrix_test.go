// SPDX-License-Identifier: MIT

package structure

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/runner/internal/matrix"
)

// The kept matrices have the cases of the catalogue, and docs/compatibility.md is what
// "make matrix" makes of both.
func TestCompatibilityPage(t *testing.T) {
	goldens, err := matrix.Load(filepath.Join(root(t), filepath.FromSlash(matrix.Dir)))
	if err != nil {
		t.Fatalf("%v; make golden keeps the matrices anew", err)
	}
	page, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(matrix.File)))
	if err != nil {
		t.Fatalf("%v; make matrix writes it", err)
	}
	want := matrix.Page(conformance.Cases(), goldens)
	if string(page) != want {
		t.Errorf("%s is stale, make matrix writes it anew: %s", matrix.File, firstDifference(page, []byte(want)))
	}
}
