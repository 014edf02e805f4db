// SPDX-License-Identifier: MIT

package component

import _ "embed"

//go:embed isohttp.wit
var wit string

// WIT returns the description of what a program built with isohttp may ask of its
// host, in the WIT language: the packages of WASI 0.2.0 as far as they are used, and
// the two worlds "command" and "client".
func WIT() string { return wit }
