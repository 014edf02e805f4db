// SPDX-License-Identifier: MIT

package fetch

import (
	"net"
	"syscall"
)

// hint is what can be said when a browser says nothing.
const hint = "the browser does not say why; check that the server is reachable, that its CORS headers allow this origin, method and headers, " +
	"that an https page asks for https, and that the port is not one that browsers block"

// standard returns the standard library's error for what a platform's code stands for, so
// that programs need not know the code.
func standard(e *Error, host string) error {
	switch e.Code {
	case "ECONNREFUSED", "ConnectionRefused":
		return syscall.ECONNREFUSED
	case "ECONNRESET", "ConnectionReset":
		return syscall.ECONNRESET
	case "EHOSTUNREACH":
		return syscall.EHOSTUNREACH
	case "ENETUNREACH":
		return syscall.ENETUNREACH
	case "ENOTFOUND":
		return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case "EAI_AGAIN":
		return &net.DNSError{Err: "temporary failure in name resolution", Name: host, IsTemporary: true}
	}
	return nil
}
