// SPDX-License-Identifier: MIT

package structure

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
)

// Whoever comes from an http.Transport finds each of its fields and methods in the guide,
// those of the next Go release too.
func TestMigrationNamesHTTPTransport(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "migration.md"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	of := reflect.TypeFor[http.Transport]()
	for field := range of.Fields() {
		if field.IsExported() {
			names = append(names, field.Name)
		}
	}
	for method := range reflect.PointerTo(of).Methods() {
		names = append(names, method.Name)
	}
	if len(names) < 25 {
		t.Fatalf("only %d names", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile(`\b` + name + `\b`).Match(text) {
			t.Errorf("docs/migration.md does not name %s", name)
		}
	}
}
