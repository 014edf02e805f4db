// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is a line of the table: one text on one platform. What was done once for all texts
// stands in the first one.
type row struct {
	platform, version string
	text, language    string
	seconds           time.Duration // for all texts
	blob              string
	blobTime          time.Duration
	err               error
}

// expect makes rows fail whose language is not the one it has to be: the seed's text is
// French, and any text has the same language on all platforms.
func expect(rows []row) {
	first := map[string]string{seedText: seedLanguage}
	for i := range rows {
		r := &rows[i]
		if r.err != nil && r.language == "failed" || r.language == "error" {
			continue
		}
		if want, ok := first[r.text]; !ok {
			first[r.text] = r.language
		} else if r.language != want && r.err == nil {
			r.err = fmt.Errorf("the language is %s, and has to be %s", r.language, want)
		}
	}
}

// writeTable prints the rows, the failures, and what did not run. It returns how many rows
// failed.
func writeTable(w io.Writer, rows []row, notRun []string) int {
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "platform\tversion\ttext\tlanguage\tseconds\tblob round trip\tseconds\t")
	failed := 0
	for _, r := range rows {
		result := ""
		if r.err != nil {
			failed++
			result = "FAILED"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.platform, r.version, short(r.text), r.language,
			seconds(r.seconds), r.blob, seconds(r.blobTime), result)
	}
	tw.Flush()
	if slices.ContainsFunc(rows, func(r row) bool { return r.platform == "wazero" || r.platform == "wasmtime" }) {
		fmt.Fprintln(w, "\nThe first seconds of wazero and wasmtime include compiling the program, once for all runs.")
	}
	for _, r := range rows {
		if r.err != nil {
			fmt.Fprintf(w, "FAILED on %s, %s: %s\n", r.platform, short(r.text), strings.ReplaceAll(r.err.Error(), "\n", "; "))
		}
	}
	for _, line := range notRun {
		fmt.Fprintf(w, "not run: %s\n", line)
	}
	return failed
}

func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", d.Seconds())
}

// short keeps a text from breaking the table.
func short(text string) string {
	const limit = 40
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-3]) + "..."
}
