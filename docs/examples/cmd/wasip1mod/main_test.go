// SPDX-License-Identifier: MIT

package main

import "testing"

// TestQuote protects folders with spaces: GOFLAGS is split at them.
func TestQuote(t *testing.T) {
	for flag, want := range map[string]string{
		"-modfile=/a/b.mod":    "-modfile=/a/b.mod",
		"-modfile=/a b.mod":    "'-modfile=/a b.mod'",
		"-modfile=/it's b.mod": `"-modfile=/it's b.mod"`,
	} {
		if got := quote(flag); got != want {
			t.Errorf("quote(%q) = %s, want %s", flag, got, want)
		}
	}
}
