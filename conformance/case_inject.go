// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/isohttp/isohttp/transport/driver"
)

// inject is the scenario that the origin does not have: a host with the feature "inject" answers
// for it.
const inject = "inject"

// Injected returns the error code of wasi:http with which a request for a URL has to fail, by
// its name in the interface. It is for hosts that have the feature "inject": they ask it
// about every URL, and send nothing where it says yes.
func Injected(u *url.URL) (code string, ok bool) {
	rest, ok := strings.CutPrefix(u.Path, "/t/")
	if _, scenario, _ := strings.Cut(rest, "/"); !ok || scenario != inject {
		return "", false
	}
	return u.Query().Get("code"), true
}

// wasiCodes are the error codes of wasi:http 0.2 and the class of each.
func wasiCodes() map[string]driver.Kind {
	const (
		network, timeout, denied, tls = driver.KindNetwork, driver.KindTimeout, driver.KindDenied, driver.KindTLS
		limit, protocol               = driver.KindLimit, driver.KindProtocol
		invalid, other                = driver.KindInvalid, driver.KindOther
	)
	return map[string]driver.Kind{
		"DNS-timeout": timeout, "DNS-error": network,
		"destination-not-found": network, "destination-unavailable": network, "destination-IP-prohibited": denied, "destination-IP-unroutable": network,
		"connection-refused": network, "connection-terminated": network, "connection-timeout": timeout, "connection-read-timeout": timeout,
		"connection-write-timeout": timeout, "connection-limit-reached": network,
		"TLS-protocol-error": tls, "TLS-certificate-error": tls, "TLS-alert-received": tls,
		"HTTP-request-denied": denied, "HTTP-request-length-required": invalid, "HTTP-request-body-size": limit,
		"HTTP-request-method-invalid": invalid, "HTTP-request-URI-invalid": invalid, "HTTP-request-URI-too-long": limit,
		"HTTP-request-header-section-size": limit, "HTTP-request-header-size": limit,
		"HTTP-request-trailer-section-size": limit, "HTTP-request-trailer-size": limit,
		"HTTP-response-incomplete": network, "HTTP-response-header-section-size": limit, "HTTP-response-header-size": limit,
		"HTTP-response-body-size": limit, "HTTP-response-trailer-section-size": limit, "HTTP-response-trailer-size": limit,
		"HTTP-response-transfer-coding": protocol, "HTTP-response-content-coding": protocol, "HTTP-response-timeout": timeout,
		"HTTP-upgrade-failed": protocol, "HTTP-protocol-error": protocol,
		"loop-detected": other, "configuration-error": other, "internal-error": other,
	}
}

// injectedCodes has the host fail with each code. The class decides about what errors.Is
// matches and whether another try makes sense; the code itself stays in the text.
func injectedCodes(t *T) {
	codes := wasiCodes()
	t.Equal("codes", len(codes), 39)
	for name, kind := range codes {
		resp, err := t.Try(t.Get(t.URL(inject, "code", name)))
		if !t.True(err != nil, "%s: the host answered: %v", name, resp != nil) {
			continue
		}
		t.kind(name, err, kind)
		t.True(strings.Contains(err.Error(), name), "%s: the text is %q", name, err)
		var ne net.Error
		t.True(errors.As(err, &ne) && ne.Timeout() == (kind == driver.KindTimeout), "%s: whether it is a timeout is wrong: %v", name, err)
		t.True(errors.Is(err, os.ErrDeadlineExceeded) == (kind == driver.KindTimeout), "%s: matches os.ErrDeadlineExceeded or not, wrongly", name)
		t.True(errors.Is(err, fs.ErrPermission) == (kind == driver.KindDenied), "%s: matches fs.ErrPermission or not, wrongly", name)
		again := kind == driver.KindNetwork || kind == driver.KindProtocol || kind == driver.KindOther
		if kind != driver.KindTimeout { // about which the context decides
			t.True(final(err) != again, "%s: marked as final is %v", name, final(err))
		}
		var de *net.DNSError
		t.True(errors.As(err, &de) == strings.HasPrefix(name, "DNS-"), "%s: has a *net.DNSError or not, wrongly", name)
		t.True(errors.Is(err, syscall.ECONNREFUSED) == (name == "connection-refused"), "%s: matches ECONNREFUSED or not, wrongly", name)
		t.True(errors.Is(err, io.ErrUnexpectedEOF) == (name == "HTTP-response-incomplete"), "%s: matches io.ErrUnexpectedEOF or not, wrongly", name)
	}
	t.Requests(0, 0)
}
