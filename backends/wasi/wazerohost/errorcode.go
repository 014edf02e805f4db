// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// code is the case of a wasi:http error-code.
type code uint8

// The cases that this host answers with.
const (
	codeDNSTimeout             code = 0
	codeDNSError               code = 1
	codeIPProhibited           code = 4
	codeIPUnroutable           code = 5
	codeConnectionRefused      code = 6
	codeConnectionTerminated   code = 7
	codeConnectionTimeout      code = 8
	codeConnectionReadTimeout  code = 9
	codeConnectionLimitReached code = 11
	codeTLSProtocol            code = 12
	codeTLSCertificate         code = 13
	codeTLSAlert               code = 14
	codeRequestDenied          code = 15
	codeRequestBodySize        code = 17
	codeRequestMethodInvalid   code = 18
	codeRequestURIInvalid      code = 19
	codeRequestHeaderSize      code = 21
	codeRequestTrailerSize     code = 23
	codeResponseIncomplete     code = 25
	codeResponseHeaderSize     code = 26
	codeResponseTrailerSize    code = 29
	codeResponseTimeout        code = 33
	codeUpgradeFailed          code = 34
	codeProtocol               code = 35
	codeInternal               code = 38
)

// codeError is an error-code with its payload, as ErrorCode describes it.
type codeError struct {
	code code
	text string
	info uint16
	size uint64
}

func (e *codeError) Error() string {
	if e.text != "" {
		return e.text
	}
	return "wasi:http error code"
}

// write stores the error-code at ptr: its case, and from the eighth byte on its payload.
func (e *codeError) write(g *guest, ptr uint64) {
	copy(g.view(ptr, 32), make([]byte, 32))
	g.put8(ptr, uint8(e.code))
	switch e.code {
	case 31, 32, codeInternal: // option<string>
		g.putOptionString(ptr+8, e.text)
	case codeDNSError:
		g.putOptionString(ptr+8, e.text)
		if e.info != 0 {
			g.put8(ptr+20, 1)
			g.put8(ptr+22, uint8(e.info))
			g.put8(ptr+23, uint8(e.info>>8))
		}
	case codeTLSAlert:
		if e.info != 0 {
			g.put8(ptr+8, 1)
			g.put8(ptr+9, uint8(e.info))
		}
		g.putOptionString(ptr+12, e.text)
	case codeRequestBodySize, 28: // option<u64>
		if e.size != 0 || e.code == codeRequestBodySize {
			g.put8(ptr+8, 1)
			g.put64(ptr+16, e.size)
		}
	case 21, 23, 26, 29: // option<u32>
		g.putOptionSize(ptr+8, e.size)
	case 22: // option<field-size-payload>
		if e.text != "" || e.size != 0 {
			g.put8(ptr+8, 1)
			g.putOptionString(ptr+12, e.text)
			g.putOptionSize(ptr+24, e.size)
		}
	case 24, 27, 30: // field-size-payload
		g.putOptionString(ptr+8, e.text)
		g.putOptionSize(ptr+20, e.size)
	}
}

func (g *guest) putOptionSize(ptr, size uint64) {
	if size == 0 {
		return
	}
	g.put8(ptr, 1)
	g.put32(ptr+4, uint32(min(size, math.MaxUint32)))
}

func (g *guest) putOptionString(ptr uint64, text string) {
	if text == "" {
		return
	}
	g.put8(ptr, 1)
	g.putBytes(ptr+4, text)
}

// classify finds the error-code for what net/http reports. cause, if it is an error-code,
// is why the exchange was stopped, and says more than what came of that.
func classify(err, cause error) *codeError {
	var ce *codeError
	if errors.As(cause, &ce) || errors.As(err, &ce) {
		return ce
	}
	var public *ErrorCode
	if errors.As(err, &public) {
		return public.internal()
	}
	var (
		dns       *net.DNSError
		alert     tls.AlertError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &dns) && dns.IsTimeout:
		return &codeError{code: codeDNSTimeout}
	case errors.As(err, &dns) && dns.IsNotFound:
		return &codeError{code: codeDNSError, text: "NXDOMAIN"}
	case errors.As(err, &dns):
		return &codeError{code: codeDNSError, text: "SERVFAIL"}
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid):
		return &codeError{code: codeTLSCertificate}
	case errors.As(err, &alert):
		return &codeError{code: codeTLSAlert, info: uint16(alert), text: alert.Error()}
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return &codeError{code: codeTLSProtocol}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &codeError{code: codeConnectionRefused}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return &codeError{code: codeIPUnroutable}
	case errors.As(err, &op) && op.Op == "dial" && op.Timeout():
		return &codeError{code: codeConnectionTimeout}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return &codeError{code: codeConnectionReadTimeout}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &codeError{code: codeConnectionTerminated}
	}
	return classifyText(err)
}

// classifyText looks at texts where net/http has no error value to match. The text that
// goes to the guest is that of the innermost error, which has no URL in it.
func classifyText(err error) *codeError {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	text := err.Error()
	for _, row := range []struct {
		text string
		code code
	}{
		{"server response headers exceeded", codeResponseHeaderSize},
		{"malformed HTTP", codeProtocol},
		{"malformed MIME header", codeProtocol},
		{"malformed chunked encoding", codeProtocol},
		{"invalid byte in chunk length", codeProtocol},
		{"bad Content-Length", codeProtocol},
		{"unsupported transfer encoding", codeProtocol},
		{"server closed idle connection", codeConnectionTerminated},
		{"transport connection broken", codeConnectionTerminated},
		{"tls: ", codeTLSProtocol},
		{"TLS handshake timeout", codeConnectionTimeout},
		{"http2: ", codeProtocol},
		{"stream error", codeProtocol},
	} {
		if strings.Contains(text, row.text) {
			return &codeError{code: row.code}
		}
	}
	return &codeError{code: codeInternal, text: text}
}

// ioError is the error resource of wasi:io: why a stream failed.
type ioError struct{ *codeError }

func (e ioError) debug() string {
	switch e.code {
	case codeResponseIncomplete:
		return "error reading a body from connection: unexpected end of file"
	case codeRequestBodySize:
		return "the body is not as long as its content-length says"
	}
	if e.text != "" {
		return e.text
	}
	return "the exchange failed"
}

func errorFuncs() []function {
	return []function{
		fn("[method]error.to-debug-string", "ii", func(g *guest, s []uint64) {
			g.putBytes(s[1], get[ioError](g, s[0]).debug())
		}),
		fn("[resource-drop]error", "i", drop[ioError]),
	}
}

func errorCodeFuncs() []function {
	return []function{
		fn("http-error-code", "ii", func(g *guest, s []uint64) {
			e, ret := get[ioError](g, s[0]), s[1]
			g.put8(ret, 1)
			e.write(g, ret+8)
		}),
	}
}
