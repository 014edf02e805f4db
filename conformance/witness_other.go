// SPDX-License-Identifier: MIT

//go:build !js

package conformance

import (
	"net/http"
	"runtime"
)

// inPage reports whether the program runs in a page.
func inPage() bool { return false }

// observer returns the way to the origin that does not go through the transport under
// test; nil where there is no other (WASI).
func observer() http.RoundTripper {
	if runtime.GOOS == "wasip1" {
		return nil
	}
	return &http.Transport{DisableKeepAlives: true}
}

// countReferences has nothing to count without JavaScript.
func countReferences() (int, bool) { return 0, false }
