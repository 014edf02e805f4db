// SPDX-License-Identifier: MIT

package wazerohost

import (
	"slices"
	"strconv"
)

// ErrorCode is an error-code of wasi:http, as a guest gets it. A RoundTripper of the program's
// that fails with one, or with an error that wraps one, says by it what the guest sees; other
// errors are translated. A case without a payload of some kind has no use for that field.
type ErrorCode struct {
	// Case is the case's name in the interface: "connection-refused". Any other name is
	// an internal-error.
	Case string

	// Text is the rcode of a DNS error, the message of a TLS alert, the name of a field
	// that is too large, a transfer or content coding, or the description of an
	// internal error. Empty is none.
	Text string

	// Number is the info-code of a DNS error or the id of a TLS alert. Zero is none.
	Number uint16

	// Size is a size in bytes. Zero is none.
	Size uint64
}

// Error returns the case, and the payload.
func (e *ErrorCode) Error() string {
	s := e.Case
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Number != 0 {
		s += " (code " + strconv.Itoa(int(e.Number)) + ")"
	}
	if e.Size != 0 {
		s += " (" + strconv.FormatUint(e.Size, 10) + " bytes)"
	}
	return s
}

// internal returns e in the form of the host's own errors.
func (e *ErrorCode) internal() *codeError {
	i := slices.Index(errorCases(), e.Case)
	if i < 0 {
		return &codeError{code: codeInternal, text: "unknown error-code " + strconv.Quote(e.Case)}
	}
	return &codeError{code: code(i), text: e.Text, info: e.Number, size: e.Size}
}

// errorCases are the names of the cases in the order of the interface.
func errorCases() []string {
	return []string{
		"DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable", "destination-IP-prohibited",
		"destination-IP-unroutable", "connection-refused", "connection-terminated", "connection-timeout", "connection-read-timeout",
		"connection-write-timeout", "connection-limit-reached", "TLS-protocol-error", "TLS-certificate-error", "TLS-alert-received",
		"HTTP-request-denied", "HTTP-request-length-required", "HTTP-request-body-size", "HTTP-request-method-invalid",
		"HTTP-request-URI-invalid", "HTTP-request-URI-too-long", "HTTP-request-header-section-size", "HTTP-request-header-size",
		"HTTP-request-trailer-section-size", "HTTP-request-trailer-size", "HTTP-response-incomplete",
		"HTTP-response-header-section-size", "HTTP-response-header-size", "HTTP-response-body-size",
		"HTTP-response-trailer-section-size", "HTTP-response-trailer-size", "HTTP-response-transfer-coding",
		"HTTP-response-content-coding", "HTTP-response-timeout", "HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected",
		"configuration-error", "internal-error",
	}
}
