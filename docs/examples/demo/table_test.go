// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestExpect protects the verdict: the seed's language is known, every other text has one
// language on all platforms.
func TestExpect(t *testing.T) {
	failed := errors.New("it did not run")
	rows := []row{
		{platform: "native", text: seedText, language: "French"},
		{platform: "native", text: "Hello", language: "English"},
		{platform: "node", text: seedText, language: "Spanish"},
		{platform: "node", text: "Hello", language: "English"},
		{platform: "wazero", text: seedText, language: "failed", err: failed},
		{platform: "wazero", text: "Hello", language: "Dutch"},
	}
	expect(rows)
	for i, wrong := range []bool{false, false, true, false, true, true} {
		if (rows[i].err != nil) != wrong {
			t.Errorf("row %d: %v", i, rows[i].err)
		}
	}
	if rows[4].err != failed {
		t.Errorf("the reason became %v", rows[4].err)
	}
}

func TestWriteTable(t *testing.T) {
	var out strings.Builder
	n := writeTable(&out, []row{
		{platform: "native", version: "go1", text: strings.Repeat("é", 50), language: "French", seconds: 1500 * time.Millisecond, blob: "32 MiB verified", blobTime: time.Second},
		{platform: "node", version: "20", text: "Hello", language: "failed", err: errors.New("one\ntwo")},
	}, []string{"chromium: install it"})
	got := out.String()
	if n != 1 {
		t.Errorf("%d rows failed, want 1", n)
	}
	for _, want := range []string{
		"native    go1      " + strings.Repeat("é", 37) + "...  French    1.50     32 MiB verified  1.00",
		"FAILED on node, Hello: one; two\n",
		"not run: chromium: install it\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		args       []string
		want       string // texts and platforms; empty for an error
	}{
		{"nothing", "", nil, seedText + "||33554432"},
		{"blank", " \n", nil, seedText + "||33554432"},
		{"texts", " one \n\ntwo\r\n", nil, "one,two||33554432"},
		{"platforms", "x", []string{"-only", "node,wazero", "-mib", "1"}, "x|node,wazero|1048576"},
		{"no platform", "x", []string{"-only", "netscape"}, ""},
		{"no size", "x", []string{"-mib", "0"}, ""},
		{"argument", "x", []string{"y"}, ""},
		{"flag", "x", []string{"-nope"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr strings.Builder
			got, err := parse(c.args, func(string) string { return c.text }, &stderr)
			if c.want == "" {
				if err == nil || !strings.Contains(stderr.String(), "usage: demo") {
					t.Errorf("%+v, %v\n%s", got, err, &stderr)
				}
				return
			}
			if err != nil || describe(got) != c.want {
				t.Errorf("%+v, %v; want %s", got, err, c.want)
			}
		})
	}
}

func describe(c *config) string {
	return fmt.Sprintf("%s|%s|%d", strings.Join(c.texts, ","), strings.Join(c.only, ","), c.size)
}
