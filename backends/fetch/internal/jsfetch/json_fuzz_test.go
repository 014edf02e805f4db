// SPDX-License-Identifier: MIT

// The go command reads seeds from a folder, and a page has no file system.
//go:build !js

package jsfetch

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzParseJSON(f *testing.F) {
	f.Add(`{"a":[1,"\u00e9",null]}`)
	f.Add(`"\ud83d`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseJSON(text)
		var std any
		if stdErr := json.Unmarshal([]byte(text), &std); stdErr == nil && err == nil && !strings.ContainsRune(text, '\ufffd') {
			if got, want := normal(t, v), normal(t, std); got != want {
				t.Errorf("%q: got %s, want %s", text, got, want)
			}
		}
	})
}

func normal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
