// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"net/http"
	"strconv"
)

// refuse answers with 417 before it has read the body, and then reads what comes: nothing
// from a client that waits for 100-continue.
func (x *exchange) refuse() {
	http.NewResponseController(x.w).EnableFullDuplex()
	x.w.Header().Set("Connection", "close")
	x.w.Header().Set("Content-Length", "0")
	x.w.WriteHeader(http.StatusExpectationFailed)
	x.flush()
	x.readBody(nil)
}

// duplex sends the beginning of its answer before it reads the body, and the rest, which is the
// number of bytes, after that.
func (x *exchange) duplex() {
	http.NewResponseController(x.w).EnableFullDuplex()
	x.w.Header().Set("Content-Type", "text/plain")
	io.WriteString(x.w, "begun ")
	x.flush()
	if n, _, ok := x.readBody(nil); ok {
		io.WriteString(x.w, strconv.FormatInt(n, 10))
	}
}
