// SPDX-License-Identifier: MIT

package fetch

import (
	"strings"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// name is how this backend is called in errors.
const name = "fetch"

// Error is what the platform said when it failed, in the chain of a *driver.Error. Texts are
// the platform's own, less URLs, header values and what else of the request they quote.
type Error struct {
	// Name is the JavaScript error's name: "TypeError", "AbortError". It is empty when
	// what was thrown has none.
	Name string

	// Message is the error's message and those of its causes.
	Message string

	// Code is the platform's code where it gives one: "ECONNREFUSED". Browsers give
	// none.
	Code string

	badPort bool  // a message said so
	err     error // what Code stands for in Go: syscall.ECONNREFUSED, a *net.DNSError
}

// Error returns the message; without one, name and code.
func (e *Error) Error() string {
	s := e.Message
	if s == "" {
		s = e.Name
	}
	if e.Code != "" && !strings.Contains(s, e.Code) {
		if s != "" {
			s += ": "
		}
		s += e.Code
	}
	if s == "" {
		s = "no reason given"
	}
	return s
}

// Unwrap returns the standard library's error for the same failure, where there is one.
func (e *Error) Unwrap() error { return e.err }

// newError returns what was thrown, with its causes in one text. hide is what must not be in
// it. Names and codes are words of the platform, by which errors are told apart: they are not
// taken out, whatever the request has in it.
func newError(exc *jsfetch.Exception, hide []string) *Error {
	word := func(s string) string {
		if isWord(s) {
			return s
		}
		return driver.CleanText(s, hide...)
	}
	e := &Error{Name: word(exc.Name)}
	for ; exc != nil; exc = exc.Cause {
		if e.Code == "" {
			e.Code = word(exc.Code)
		}
		e.badPort = e.badPort || strings.HasSuffix(exc.Message, "bad port")
		if text := driver.CleanText(exc.Message, hide...); text != "" && !strings.Contains(e.Message, text) {
			if e.Message != "" {
				e.Message += ": "
			}
			e.Message += text
		}
	}
	return e
}

// isWord reports whether s looks like an identifier, and is no longer than a name.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(s) <= 64
}

// certificateCodes are the codes of Node (and Bun) for a certificate that was looked at and
// refused. Others of OpenSSL are failed handshakes.
const certificateCodes = " DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE" +
	" UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_GET_CRL UNABLE_TO_DECRYPT_CERT_SIGNATURE" +
	" UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY CERT_SIGNATURE_FAILURE CERT_NOT_YET_VALID CERT_HAS_EXPIRED CERT_CHAIN_TOO_LONG" +
	" CERT_REVOKED CERT_UNTRUSTED CERT_REJECTED INVALID_CA INVALID_PURPOSE PATH_LENGTH_EXCEEDED HOSTNAME_MISMATCH" +
	" ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_CERT_ALTNAME_FORMAT "

// kindOf classifies a failure by its code, and without one by its name.
func kindOf(e *Error) (kind driver.Kind, about string) {
	code := e.Code
	switch {
	case code == "":
	case strings.Contains(certificateCodes, " "+code+" "):
		return driver.KindTLS, "certificate is not trusted"
	case strings.HasPrefix(code, "ERR_TLS_"), strings.HasPrefix(code, "ERR_SSL_"), code == "EPROTO":
		return driver.KindTLS, "handshake failed"
	case code == "UND_ERR_CONNECT_TIMEOUT", code == "UND_ERR_HEADERS_TIMEOUT", code == "UND_ERR_BODY_TIMEOUT", code == "ETIMEDOUT":
		return driver.KindTimeout, ""
	case code == "UND_ERR_HEADERS_OVERFLOW", code == "HPE_HEADER_OVERFLOW":
		return driver.KindLimit, "response header"
	case code == "HPE_INVALID_EOF_STATE":
		return driver.KindNetwork, ""
	case strings.HasPrefix(code, "HPE_"), strings.HasPrefix(code, "Z_"), strings.HasPrefix(code, "ERR__ERROR_"), strings.HasPrefix(code, "ERR_BROTLI"):
		return driver.KindProtocol, ""
	case code == "ERR_ACCESS_DENIED":
		return driver.KindDenied, ""
	case code == "UND_ERR_INVALID_ARG", code == "ERR_INVALID_URL":
		return driver.KindInvalid, ""
	case code == "UND_ERR_NOT_SUPPORTED":
		return driver.KindUnsupported, "the platform refused the request"
	default:
		return driver.KindNetwork, ""
	}
	if e.badPort {
		// The Fetch standard blocks ports of other protocols (section 2.9).
		return driver.KindUnsupported, "the port is blocked"
	}
	switch e.Name {
	case "NotCapable", "PermissionDenied":
		return driver.KindDenied, ""
	case "AbortError":
		// Not by us, and not by the context. Who did, the platform does not say.
		return driver.KindOther, "aborted by the platform"
	case "TimeoutError":
		return driver.KindTimeout, ""
	}
	return driver.KindNetwork, ""
}

// errorText is an error that is only a text.
type errorText string

func (e errorText) Error() string { return string(e) }

// described puts words before an error.
type described struct {
	text string
	err  error
}

func (d *described) Error() string { return d.text + ": " + d.err.Error() }
func (d *described) Unwrap() error { return d.err }

// unsupported returns the error for what this platform cannot do.
func unsupported(op, feature, reason string) *driver.Error {
	return &driver.Error{Op: op, Kind: driver.KindUnsupported, Backend: name,
		Err: &driver.Unsupported{Feature: feature, Reason: reason}}
}
