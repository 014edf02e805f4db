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
	"strings"
	"syscall"

	"github.com/isohttp/isohttp/transport/driver"
)

// classify returns the class of an error of net/http, and the error with the words that
// go-retryablehttp looks for when a certificate was refused.
func classify(err error) (driver.Kind, error) {
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		op      *net.OpError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return driver.KindCanceled, err
	case refusedCertificate(err):
		return driver.KindTLS, fmt.Errorf("certificate is not trusted: %w", err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return driver.KindTimeout, err
	case errors.As(err, &record):
		// Not TLS at all: a plain server behind an https URL.
		return driver.KindProtocol, err
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		// crypto/tls reports an alert of the handshake so, which is no accident of
		// the network: no common version, a client certificate that is missing.
		return driver.KindTLS, err
	case errors.As(err, &dns), op != nil,
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNREFUSED):
		return driver.KindNetwork, err
	}
	return classifyText(err), err
}

// refusedCertificate reports whether the server's certificate was looked at and refused.
func refusedCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &roots)
}

// classifyText knows the errors that net/http makes only as text. Anything else stays
// KindOther: a cause is not guessed.
func classifyText(err error) driver.Kind {
	text := err.Error()
	for _, row := range [...]struct {
		phrase string
		kind   driver.Kind
	}{
		{"server response headers exceeded", driver.KindLimit},
		{"malformed ", driver.KindProtocol},
		{"http: too many 1xx informational responses", driver.KindProtocol},
		{"http2: response header list larger than", driver.KindLimit},
		{"bad Content-Length", driver.KindProtocol},
		{"multiple Content-Length headers", driver.KindProtocol},
		{"chunked encoding", driver.KindProtocol},
		{"invalid byte in chunk length", driver.KindProtocol},
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
	} {
		if strings.Contains(text, row.phrase) {
			return row.kind
		}
	}
	return driver.KindOther
}
