// SPDX-License-Identifier: MIT

package main

import "os"

//go:wasmimport wasi:http/types@0.2.0 [constructor]fields
func newFields() uint32

// leak takes a handle from the host, keeps it, and exits.
func leak(status int) {
	newFields()
	os.Exit(status)
}
