// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
)

func TestCheckTotals(t *testing.T) {
	n := len(conformance.Cases())
	good := fmt.Sprintf("conformance fetch/node: %d pass, 2 neg, 0 fail, of %d", n-2, n)
	if err := checkTotals("fetch/node", []string{good}); err != nil {
		t.Error(err)
	}
	engine := strings.Replace(good, "node:", "node (node 22.1.0):", 1)
	if err := checkTotals("fetch/node", []string{engine}); err != nil {
		t.Error(err)
	}
	for what, lines := range map[string][]string{
		"none":            nil,
		"two":             {good, good},
		"another profile": {strings.Replace(good, "node", "deno", 1)},
		"a sum":           {strings.Replace(good, "2 neg", "1 neg", 1)},
		"fewer cases":     {fmt.Sprintf("conformance fetch/node: %d pass, of %d", n-1, n-1)},
		"a failure":       {fmt.Sprintf("conformance fetch/node: %d pass, 1 fail, of %d", n-1, n)},
		"no totals":       {"conformance fetch/node: well"},
	} {
		if err := checkTotals("fetch/node", lines); err == nil {
			t.Errorf("%s: %q is accepted", what, lines)
		}
	}
}

// Totals are for the end; everything else is passed on as it comes.
func TestTotalsWriter(t *testing.T) {
	var out bytes.Buffer
	w := &totalsWriter{out: &out}
	line := "conformance mine: 1 pass, 0 fail, of 1"
	for _, part := range []string{"one\nconf", "ormance mine: 1 pass, 0 fail, of 1\ntw", "o\nconformance of a kind\nend"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	if strings.Contains(out.String(), "end") {
		t.Errorf("a line without an end was passed on: %q", &out)
	}
	w.flush()
	if want := "one\ntwo\nconformance of a kind\nend"; out.String() != want || !slices.Equal(w.totals, []string{line}) {
		t.Errorf("got %q and %q", &out, w.totals)
	}
}
