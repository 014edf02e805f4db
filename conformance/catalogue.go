// SPDX-License-Identifier: MIT

package conformance

import (
	"runtime"
	"slices"
	"strings"
)

// row is a row of the catalogue: what the contract says, whether or not there is code that
// checks it. The cells say what is expected of the kinds of platforms, in the order of
// the column constants: "M" must, "G:cap" as the capability says, "X(...)" the platform
// forbids it, "NA:reason" without a meaning there.
type row struct {
	id, title, must, sources string
	tier                     int
	env                      bool // needs a feature of the surroundings
	cells                    [4]string
}

// The columns of the catalogue.
const (
	columnNative = iota
	columnPage
	columnServer
	columnWASI
)

func catalogue() []row {
	return slices.Concat(requestRows(), responseRows(), controlRows())
}

// columnOf returns the column of a profile: by its name where it is one that is known, else by
// the platform that this is.
func columnOf(profile string) int {
	switch {
	case profile == "nethttp":
		return columnNative
	case profile == "fetch/chromium", profile == "fetch/firefox", profile == "fetch/webkit":
		return columnPage
	case strings.HasPrefix(profile, "fetch/"):
		return columnServer
	case strings.HasPrefix(profile, "wasi/"):
		return columnWASI
	}
	switch runtime.GOOS {
	case "js":
		if inPage() {
			return columnPage
		}
		return columnServer
	case "wasip1":
		return columnWASI
	}
	return columnNative
}

// notApplicable returns why a case has no meaning for a column. The reasons are a closed list,
// and only the catalogue's cells give one: a profile cannot declare itself green.
func (r row) notApplicable(column int, environment []string) string {
	reason, ok := strings.CutPrefix(r.cells[column], "NA:")
	if ok && slices.Contains(reasons(), reason) {
		return reason
	}
	// Some hosts of the column grant and deny, others let a guest reach everything.
	if r.id == "ER-17" && !slices.Contains(environment, "grants") {
		return "no-grants"
	}
	return ""
}

// mayBeNeg reports whether a case may show its negative form in a column. Where every platform
// has to do a thing, one that does not declare it is no exception.
func (r row) mayBeNeg(column int) bool { return r.cells[column] != "M" }

func reasons() []string {
	return []string{"no-cors", "no-page", "no-js", "no-grants", "not-wasi", "streams"}
}

// needs returns the features of the surroundings that a case needs. What a platform forbids
// needs none: there is only the negative form of it.
func (r row) needs(column int) []string {
	switch {
	case strings.HasPrefix(r.cells[column], "X("):
		return nil
	case r.id == "ER-18":
		return []string{featureInject}
	case r.id == "RL-12":
		return []string{featureIPv6}
	case r.id == "CN-06":
		return []string{featureProxy}
	case r.id == "ER-12":
		return []string{featureAlias}
	case r.env, column == columnPage && (r.id == "UP-06" || r.id == "UP-23"):
		// Pages stream uploads over HTTP/2 only, and that they speak over TLS only.
		return []string{featureCA}
	}
	return nil
}
