// SPDX-License-Identifier: MIT

package nethttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/isohttp/isohttp/transport/driver"
)

// classify returns the class of an error of net/http, and the error as it is to be shown: with
// the words that go-retryablehttp looks for when a certificate was refused, and without what it
// quotes of the request.
func classify(op string, req *http.Request, err error) (driver.Kind, error) {
	if refusedCertificate(err) {
		return driver.KindTLS, fmt.Errorf("certificate is not trusted: %w", withoutURL(err))
	}
	kind, known := classifyCause(err)
	if !known {
		kind = classifyText(err)
	}
	if op == driver.OpRead && brokenRecord(err) {
		// The peers had agreed, and the server has answered: this is an accident of a
		// connection, and another one may do better.
		kind = driver.KindNetwork
	}
	if known {
		return kind, withoutURL(err)
	}
	return kind, clean(err, driver.Secrets(req))
}

// classifyCause knows an error by the types and values in its chain.
func classifyCause(err error) (kind driver.Kind, known bool) {
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		op      *net.OpError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return driver.KindCanceled, true
	case errors.As(err, &timeout) && timeout.Timeout():
		return driver.KindTimeout, true
	case brokenRecord(err):
		// Not TLS at all: a plain server behind an https URL.
		return driver.KindProtocol, true
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		// crypto/tls reports an alert of the handshake so, which is no accident of
		// the network: no common version, a client certificate that is missing.
		return driver.KindTLS, true
	case errors.As(err, &dns), op != nil,
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNREFUSED):
		return driver.KindNetwork, true
	}
	return driver.KindOther, false
}

// brokenRecord reports whether something came that does not begin as TLS does.
func brokenRecord(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record)
}

// refusedCertificate reports whether the server's certificate was looked at and refused.
func refusedCertificate(err error) bool {
	var (
		verdict      *refusal
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
	)
	return errors.As(err, &verdict) || errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &roots)
}

// classifyText knows the errors that net/http makes only as text. Anything else stays
// KindOther: a cause is not guessed.
func classifyText(err error) driver.Kind {
	text, _, _ := strings.Cut(err.Error(), `"`) // what is quoted are the server's words
	if strings.HasPrefix(text, "tls: ") {
		return driver.KindTLS
	}
	for _, row := range [...]struct {
		phrase string
		kind   driver.Kind
	}{
		{"server response headers exceeded", driver.KindLimit},
		{"malformed ", driver.KindProtocol},
		{"http: too many 1xx informational responses", driver.KindProtocol},
		{"http2: response header list larger than", driver.KindLimit},
		{"bad Content-Length", driver.KindProtocol},
		{"invalid empty Content-Length", driver.KindProtocol},
		{"multiple Content-Length headers", driver.KindProtocol},
		{"chunked encoding", driver.KindProtocol},
		{"chunk length", driver.KindProtocol},
		{"chunked line", driver.KindProtocol},
		{"header line too long", driver.KindProtocol}, // of a chunk
		{"message too large", driver.KindProtocol},    // a header
		{"bad trailer key", driver.KindProtocol},
		{"unexpected EOF reading trailer", driver.KindNetwork},
		// So net/http calls a trailer that is cut, too: it looks for the end of the
		// trailer in its buffer and does not tell why there is none.
		{"suspiciously long trailer", driver.KindNetwork},
		{"unsupported transfer encoding", driver.KindProtocol},
		{"too many transfer encodings", driver.KindProtocol},
		{"server gave HTTP response to HTTPS client", driver.KindProtocol},
		{"server closed idle connection", driver.KindNetwork},
		{"server sent GOAWAY", driver.KindNetwork},
		{"client connection lost", driver.KindNetwork},
		{"client connection force closed", driver.KindNetwork},
		{"stream error:", driver.KindNetwork},
		{"connection error:", driver.KindNetwork},
		{"readLoopPeekFailLocked", driver.KindNetwork},
		{"gzip: invalid", driver.KindProtocol},
		{"flate: ", driver.KindProtocol},
	} {
		if strings.Contains(text, row.phrase) {
			return row.kind
		}
	}
	return driver.KindOther
}
