// SPDX-License-Identifier: MIT

package conformance_test

import "github.com/isohttp/isohttp/conformance"

// declared says what the platforms of the profiles are.
func declared(profile string) *conformance.Declaration {
	all := map[string]conformance.Declaration{
		"nethttp": {Engine: "go", Since: 1, StreamUpload: true, Abort: true, AllHeaders: true},
		// Streamed uploads came with 105.
		"fetch/chromium": {Engine: "chromium", Since: 105, StreamUpload: true, Abort: true},
		"fetch/node":     {Engine: "node", Since: 20, StreamUpload: true, Abort: true, AllHeaders: true},
		"wasi/wazero":    {Engine: "wazero", Since: 1, StreamUpload: true, Abort: true, AllHeaders: true},
		"wasi/wasmtime":  {Engine: "wasmtime", Since: 1, StreamUpload: true, Abort: true, AllHeaders: true},
	}
	d := all[profile]
	return &d
}
