// SPDX-License-Identifier: MIT

package wasi

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

// witCases is the variant error-code of wasi:http/types@0.2.0, in its order.
const witCases = `DNS-timeout DNS-error destination-not-found destination-unavailable destination-IP-prohibited
destination-IP-unroutable connection-refused connection-terminated connection-timeout connection-read-timeout
connection-write-timeout connection-limit-reached TLS-protocol-error TLS-certificate-error TLS-alert-received
HTTP-request-denied HTTP-request-length-required HTTP-request-body-size HTTP-request-method-invalid
HTTP-request-URI-invalid HTTP-request-URI-too-long HTTP-request-header-section-size HTTP-request-header-size
HTTP-request-trailer-section-size HTTP-request-trailer-size HTTP-response-incomplete
HTTP-response-header-section-size HTTP-response-header-size HTTP-response-body-size
HTTP-response-trailer-section-size HTTP-response-trailer-size HTTP-response-transfer-coding
HTTP-response-content-coding HTTP-response-timeout HTTP-upgrade-failed HTTP-protocol-error loop-detected
configuration-error internal-error`

// TestErrorCases checks every case against what the contract says its kind matches.
func TestErrorCases(t *testing.T) {
	names := strings.Fields(witCases)
	if len(names) != int(numCases) || numCases != 39 {
		t.Fatalf("%d names, %d cases", len(names), numCases)
	}
	kinds := map[driver.Kind]int{}
	for i, name := range names {
		c := ErrorCase(i)
		if c.String() != name {
			t.Errorf("case %d is %q, want %q", i, c, name)
		}
		err := error(newError(driver.OpSend, "a.example", &ErrorCode{Case: c}))
		var code *ErrorCode
		if !errors.As(err, &code) || code.Case != c || !errors.Is(err, c.Kind()) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		kinds[c.Kind()]++
		if got, want := c.Kind() == driver.KindTimeout, strings.HasSuffix(name, "timeout"); got != want {
			t.Errorf("%s: a timeout is %v", name, got)
		}
		if got, want := c.Kind() == driver.KindTLS, strings.HasPrefix(name, "TLS-"); got != want {
			t.Errorf("%s: TLS is %v", name, got)
		}
		if got, want := c.Kind() == driver.KindLimit, strings.HasSuffix(name, "-size") || strings.HasSuffix(name, "too-long"); got != want {
			t.Errorf("%s: a limit is %v", name, got)
		}
		if got, want := errors.Is(err, fs.ErrPermission), c == DestinationIPProhibited || c == HTTPRequestDenied; got != want {
			t.Errorf("%s: a permission is %v", name, got)
		}
		if got := errors.Is(err, syscall.ECONNREFUSED); got != (c == ConnectionRefused) {
			t.Errorf("%s: refused is %v", name, got)
		}
		var dns *net.DNSError
		if got := errors.As(err, &dns); got != (c == DNSError || c == DNSTimeout) || got && dns.Name != "a.example" {
			t.Errorf("%s: DNS is %v", name, got)
		}
		if got := errors.Is(err, io.ErrUnexpectedEOF); got != (c == HTTPResponseIncomplete) {
			t.Errorf("%s: an early end is %v", name, got)
		}
		if got := errors.Is(err, os.ErrDeadlineExceeded); got != (c.Kind() == driver.KindTimeout) {
			t.Errorf("%s: a deadline is %v", name, got)
		}
	}
	for _, k := range []driver.Kind{driver.KindOther, driver.KindInvalid, driver.KindTimeout, driver.KindNetwork, driver.KindTLS,
		driver.KindProtocol, driver.KindDenied, driver.KindLimit} {
		if kinds[k] == 0 {
			t.Errorf("no case is of kind %q", k)
		}
	}
	if c := ErrorCase(200); c.String() != "error-code 200" || c.Kind() != driver.KindOther {
		t.Errorf("an unknown case: %s, %v", c, c.Kind())
	}
}

func TestErrorText(t *testing.T) {
	text, number, size := func(s string) *string { return &s }, uint16(7), uint64(1000)
	for _, c := range []struct {
		err  error
		want string
	}{
		{&ErrorCode{Case: TLSCertificateError}, "TLS-certificate-error: certificate is not trusted"},
		{&ErrorCode{Case: DNSError, Text: text("SERVFAIL"), Number: &number}, "DNS-error: SERVFAIL (code 7)"},
		{&ErrorCode{Case: HTTPRequestBodySize, Size: &size}, "HTTP-request-body-size (1000 bytes)"},
		{&ErrorCode{Case: InternalError, Text: text("get http://a.example/b?sig=secret failed")}, "internal-error: get ... failed"},
		{&ErrorCode{Case: InternalError, Text: text("/b?sig=secret:\n\nbad")}, "internal-error: ... bad"},
		{&ErrorCode{Case: InternalError, Text: text("")}, "internal-error"},
		{newError(driver.OpSend, "a.example", &ErrorCode{Case: InternalError, Text: text("key hunter2 refused")}, "hunter2"),
			"isohttp: wasi: send: failed: internal-error: key ... refused"},
		{readError("lost after hunter2", "hunter2"), "isohttp: wasi: read: network failure: lost after ...: unexpected EOF"},
		{readError("lost at wss://a/b"), "isohttp: wasi: read: network failure: lost at ...: unexpected EOF"},
		{readError("connection read timeout"), "isohttp: wasi: read: timeout: connection read timeout"},
		{readError(""), "isohttp: wasi: read: network failure: unexpected EOF"},
		{newError(driver.OpSend, "a.example", &ErrorCode{Case: DNSError, Text: text("NXDOMAIN")}),
			"isohttp: wasi: send: network failure: DNS-error: NXDOMAIN: lookup a.example: no such host"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if !errors.Is(readError("x"), io.ErrUnexpectedEOF) || !errors.Is(readError("x"), driver.KindNetwork) {
		t.Error("a lost body does not match io.ErrUnexpectedEOF and KindNetwork")
	}
	// The request may have had the same words.
	if err := readError("connection read timeout", "timeout", "time"); !errors.Is(err, driver.KindTimeout) {
		t.Errorf("got %v", err)
	}
	said := "address not available"
	if err := newError(driver.OpSend, "a", &ErrorCode{Case: DNSError, Text: &said}, "available"); !strings.Contains(err.Error(), "no such host") {
		t.Errorf("got %v", err)
	}
	if err := readError("connection read timeout"); errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, driver.KindTimeout) {
		t.Errorf("%v is not a timeout", err)
	}
	for rcode, notFound := range map[string]bool{"NXDOMAIN": true, "address not available": true, "SERVFAIL": false} {
		var dns *net.DNSError
		if !errors.As(newError(driver.OpSend, "a", &ErrorCode{Case: DNSError, Text: &rcode}), &dns) || dns.IsNotFound != notFound {
			t.Errorf("%s: %+v", rcode, dns)
		}
	}
}
