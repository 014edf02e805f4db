// SPDX-License-Identifier: MIT

package wasihost

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for i, name := range []string{"newest", "middle", "oldest"} {
		path := filepath.Join(dir, "sub", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		when := now.Add(-time.Duration(i) * time.Hour)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (names []string) {
		entries, err := os.ReadDir(filepath.Join(dir, "sub"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	for _, c := range []struct {
		limit int64
		want  int
	}{{300, 3}, {299, 2}, {100, 1}, {0, 0}} {
		if err := prune(dir, c.limit); err != nil {
			t.Fatal(err)
		}
		names := left()
		if len(names) != c.want || c.want == 1 && names[0] != "newest" {
			t.Errorf("limit %d left %v", c.limit, names)
		}
	}
	if err := prune(filepath.Join(dir, "absent"), 0); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}
