// SPDX-License-Identifier: MIT

package wasi

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/isohttp/isohttp/transport/driver"
)

// newError makes the error of a call from an error-code. host is the name that the
// request went to; it is in the text of a DNS error, as natively. hide is what must not be
// in the host's own words.
func newError(op, host string, code *ErrorCode, hide ...string) *driver.Error {
	said := code.Text // what is decided by
	if said != nil && len(hide) > 0 {
		shown, text := *code, driver.CleanText(*said, hide...)
		shown.Text = &text
		code = &shown
	}
	e := &driver.Error{Op: op, Kind: code.Case.Kind(), Backend: name, Err: code}
	switch code.Case {
	case DNSError:
		dns := &net.DNSError{Err: "lookup failed", Name: host}
		// NXDOMAIN is wazerohost's; the other is what wasmtime says when a name
		// has no address.
		if said != nil && (*said == "NXDOMAIN" || *said == "address not available") {
			dns.Err, dns.IsNotFound = "no such host", true
		}
		e.Err = caused{code, dns}
	case DNSTimeout:
		e.Err = caused{code, &net.DNSError{Err: "lookup timed out", Name: host, IsTimeout: true}}
	case ConnectionRefused:
		e.Err = caused{code, syscall.ECONNREFUSED}
	case HTTPResponseIncomplete:
		e.Err = caused{code, io.ErrUnexpectedEOF}
	}
	return e
}

// readError makes the error of a body whose stream failed without an error-code. Hosts say
// in words what happened: that the connection was lost, or, as wasmtime does, that
// BetweenBytesTimeout was exceeded.
func readError(text string, hide ...string) *driver.Error {
	late := strings.Contains(text, "timeout") || strings.Contains(text, "timed out")
	if text = driver.CleanText(text, hide...); late {
		return &driver.Error{Op: driver.OpRead, Kind: driver.KindTimeout, Backend: name, Err: errors.New(text)}
	}
	var err error = io.ErrUnexpectedEOF
	if text != "" {
		err = caused{errors.New(text), err}
	}
	return &driver.Error{Op: driver.OpRead, Kind: driver.KindNetwork, Backend: name, Err: err}
}

// caused is an error with the cause that the standard library would give.
type caused struct{ err, cause error }

func (c caused) Error() string   { return c.err.Error() + ": " + c.cause.Error() }
func (c caused) Unwrap() []error { return []error{c.err, c.cause} }
