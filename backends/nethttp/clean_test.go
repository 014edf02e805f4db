// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// serveEcho answers every connection with what answer makes of the request's head.
func serveEcho(t *testing.T, answer func(head string) string) string {
	t.Helper()
	return "http://" + serveConns(t, func(c *net.TCPConn) {
		buf := make([]byte, 64<<10)
		if n, err := c.Read(buf); err == nil {
			io.WriteString(c, answer(string(buf[:n])))
		}
	})
}

// requestLine returns the first line of a request's head.
func requestLine(head string) string {
	line, _, _ := strings.Cut(head, "\r\n")
	return line
}

// field returns the value of a request header field.
func field(head, name string) string {
	_, rest, _ := strings.Cut(head, "\r\n"+name+": ")
	return requestLine(rest)
}

// noSecret fails for an error in whose chain any text has a part of a secret.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"SECRET", "%53ECRET", "x=y"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%T shows a secret: %v", err, err)
		}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			noSecret(t, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			noSecret(t, inner)
		}
	}
}

// exchange sends a request full of secrets and returns the error of the exchange or of its body.
func exchange(t *testing.T, ctx context.Context, tr *transport.Transport, address string) error {
	t.Helper()
	req := get(t, ctx, address+"/PATHSECRET/%53ECRET?sig=QUERYSECRET&x=y&coded=ab%2Fcd%2BEf%53ECRET%3D%3D&plus=a+b+%53ECRETs&LONESECRET&short=%53ECRET")
	req.Header.Set("Authorization", "Bearer HEADERSECRET")
	req.Header.Set("X-Quoted", `a"b\QUOTEDSECRET`)
	req.Header.Set("X-Words", "pin SECRET")
	req.Header.Set("X-Longer", "/PATHSECRET/%53ECRET-LONGSECRET")
	req.Header.Set("Cookie", "a=b; session=COOKIESECRET; c=d")
	req.URL.User = url.UserPassword("user", "PASSWORDSECRET")
	resp, err := tr.RoundTrip(req)
	if err == nil {
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		t.Fatal("no error")
	}
	return err
}

// TestServerQuotesRequest: net/http quotes what a server sends that it does not understand, which
// may be the request.
func TestServerQuotesRequest(t *testing.T) {
	const ok, malformed, colon = "HTTP/1.1 200 OK\r\n", "malformed HTTP status code", "malformed MIME header: missing colon"
	line := func(words string) func(string) string {
		return func(string) string { return ok + "not found is " + words + "\r\n\r\n" }
	}
	status := func(word func(head string) string) func(string) string {
		return func(head string) string { return "HTTP/1.1 " + word(head) + "\r\n\r\n" }
	}
	escapedPath := func(head string) string {
		path, _, _ := strings.Cut(strings.TrimPrefix(requestLine(head), "GET "), "?")
		return path
	}
	for name, c := range map[string]struct {
		answer func(head string) string
		text   string // what is still told
	}{
		"echo":         {func(head string) string { return head }, malformed},
		"request line": {func(head string) string { return ok + requestLine(head) + "\r\n\r\n" }, colon},
		"length":       {func(head string) string { return ok + "Content-Length: " + field(head, "Authorization") + "\r\n\r\n" }, "bad Content-Length"},
		"path":         {status(escapedPath), malformed},
		"decoded path": {status(func(string) string { return "/PATHSECRET/SECRET" }), malformed},
		"query": {status(func(head string) string {
			_, query, _ := strings.Cut(requestLine(head), "?")
			return strings.TrimSuffix(query, " HTTP/1.1")
		}), malformed},
		"signature":         {status(func(string) string { return "QUERYSECRET" }), malformed},
		"token":             {status(func(head string) string { return strings.TrimPrefix(field(head, "Authorization"), "Bearer ") }), malformed},
		"escaped":           {status(func(head string) string { return field(head, "X-Quoted") }), malformed},
		"longer":            {status(func(head string) string { return field(head, "X-Longer") }), malformed},
		"words":             {func(head string) string { return ok + field(head, "X-Words") + "\r\n\r\n" }, colon},
		"decoded value":     {line("ab/cd+EfSECRET=="), colon},
		"spaces in a value": {line("a b SECRETs"), colon},
		"plus in a value":   {line("a+b+SECRETs"), colon},
		"decoded query":     {line("sig=QUERYSECRET&x=y&coded=ab/cd+EfSECRET==&plus=a b SECRETs&LONESECRET&short=SECRET"), colon},
		"name alone":        {line("LONESECRET"), colon},
		"segment":           {line("PATHSECRET"), colon},
		"part of a cookie":  {line("COOKIESECRET"), colon},
		"user":              {line("PASSWORDSECRET"), colon},
		"trailer": {func(head string) string {
			return ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + requestLine(head) + "\r\n\r\n"
		}, colon},
	} {
		address := serveEcho(t, c.answer)
		tr := newTransport(t, nil)
		limited := transport.WithRequestOptions(t.Context(), transport.RequestOptions{FirstByteTimeout: time.Minute})
		for _, ctx := range []context.Context{t.Context(), limited} {
			t.Run(name, func(t *testing.T) {
				err := exchange(t, ctx, tr, address)
				noSecret(t, err)
				if !errors.Is(err, driver.KindProtocol) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %v, want %q", err, c.text)
				}
			})
		}
	}
}

// TestServerQuotesParts: what a server has decoded of the request, or has taken out of it, is as
// secret as the whole.
func TestServerQuotesParts(t *testing.T) {
	for name, c := range map[string]struct {
		set   func(*http.Request)
		words string
	}{
		"basic password": {func(r *http.Request) { r.SetBasicAuth("alice", "pa SECRET") }, "alice pa SECRET"},
		"short password": {func(r *http.Request) { r.SetBasicAuth("alice", "x=y") }, "x=y"},
		"basic user":     {func(r *http.Request) { r.SetBasicAuth("alice-SECRET", "pw") }, "alice-SECRET"},
		"URL's user":     {func(r *http.Request) { r.URL.User = url.User("token SECRET") }, "token SECRET"},
		"escaped user":   {func(r *http.Request) { r.URL.User = url.UserPassword("token:SECRET", "pa@SECRET") }, "token%3ASECRET pa%40SECRET"},
		"segment":        {func(r *http.Request) { r.URL.Path = "/a/to ken SECRET/b" }, "to ken SECRET"},
		"raw segment":    {func(r *http.Request) { r.URL.Path = "/a/to ken SECRET/b" }, "to%20ken%20SECRET"},
		"slash":          {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/a/to/SECRETken/b", "/a/to%2FSECRETken/b" }, "to/SECRETken"},
		"shared key":     {func(r *http.Request) { r.Header.Set("Authorization", "SharedKey account:SECRET+signature=") }, "SECRET+signature="},
		"illegal query":  {func(r *http.Request) { r.URL.RawQuery = "a=%zzSECRET1" }, "%zzSECRET1"},
	} {
		t.Run(name, func(t *testing.T) {
			req := get(t, t.Context(), serveRaw(t, "HTTP/1.1 200 OK\r\nunknown are "+c.words+"\r\n\r\n"))
			c.set(req)
			resp, err := newTransport(t, nil).RoundTrip(req)
			if err == nil {
				resp.Body.Close()
				t.Fatal("no error")
			}
			noSecret(t, err)
			if !strings.Contains(err.Error(), "unknown are ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// chosenError is a caller's own error.
type chosenError struct{ text string }

func (c *chosenError) Error() string { return c.text }

// TestProxyQuotesCredentials: the address of a proxy has a password in it, and package url
// quotes what it cannot parse.
func TestProxyQuotesCredentials(t *testing.T) {
	refuse := func(address string) error {
		_, err := url.Parse(address)
		return err
	}
	parse := refuse("http://user:PROXYSECRET@127.0.0.1:1/%zz")
	piece := refuse("http://user:SECRET/1@proxy")
	bare := refuse("_user:PROXYSECRET@127.0.0.1:1")
	own := &chosenError{"nothing at http://user:PROXYSECRET@proxy"}
	for name, c := range map[string]struct {
		err  error
		kind driver.Kind
		is   error
	}{
		"parse":        {parse, driver.KindOther, nil},
		"piece":        {piece, driver.KindOther, nil},
		"no scheme":    {bare, driver.KindOther, nil},
		"environment":  {fmt.Errorf("invalid proxy address %q: %v", "user:PROXYSECRET@h", bare), driver.KindOther, nil},
		"wrapped":      {fmt.Errorf("proxy: %w", parse), driver.KindOther, nil},
		"no end":       {errors.New(`parse "user:PROXYSECRET@h`), driver.KindOther, nil},
		"configured":   {&url.Error{Op: "Get", URL: "/proxy.pac?key=SECRET", Err: own}, driver.KindOther, own},
		"beside":       {fmt.Errorf("%w: %w", own, parse), driver.KindOther, own},
		"own":          {fmt.Errorf("choosing: %w", own), driver.KindOther, own},
		"timeout":      {&url.Error{Op: "Get", URL: "/proxy.pac?key=SECRET", Err: os.ErrDeadlineExceeded}, driver.KindTimeout, os.ErrDeadlineExceeded},
		"refused":      {fmt.Errorf("http://user:PROXYSECRET@h: %w", syscall.ECONNREFUSED), driver.KindNetwork, syscall.ECONNREFUSED},
		"unresolvable": {fmt.Errorf("http://u:SECRET@h: %w", &net.DNSError{Err: "no such host", Name: "h"}), driver.KindNetwork, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, &transport.Options{Proxy: func(*http.Request) (*url.URL, error) { return nil, c.err }})
			err := exchange(t, t.Context(), tr, "http://example.com")
			noSecret(t, err)
			if !errors.Is(err, c.kind) || (c.is != nil && !errors.Is(err, c.is)) {
				t.Errorf("got %v, want %v and %v", err, c.kind, c.is)
			}
			var urlError *url.Error
			if errors.As(err, &urlError) {
				t.Errorf("%#v is in the chain", urlError)
			}
			var chosen *chosenError
			if got := errors.As(err, &chosen); got != (c.is == own) {
				t.Errorf("the caller's error is found by its type: %v", got)
			}
			var dns *net.DNSError
			if got := errors.As(err, &dns); got != (name == "unresolvable") {
				t.Errorf("a DNS error is in the chain: %v", got)
			}
		})
	}
}

// TestChooserQuotesPassword: a function that chooses a proxy may quote what it knows of the URL.
func TestChooserQuotesPassword(t *testing.T) {
	tr := newTransport(t, &transport.Options{Proxy: func(r *http.Request) (*url.URL, error) { return nil, errors.New("no proxy for " + r.URL.User.String()) }})
	err := exchange(t, t.Context(), tr, "http://example.com")
	noSecret(t, err)
	if !strings.Contains(err.Error(), "no proxy for user:...") {
		t.Errorf("got %v", err)
	}
}

// TestProxyRefuses: net/http makes its error of the phrase in a proxy's answer to CONNECT.
func TestProxyRefuses(t *testing.T) {
	proxy, err := url.Parse(serveRaw(t, "HTTP/1.1 407 malformed SECRET\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	ours := errors.New("the hook's own")
	hooked := &http.Transport{OnProxyConnectResponse: func(context.Context, *url.URL, *http.Request, *http.Response) error { return ours }}
	passing := &http.Transport{OnProxyConnectResponse: func(context.Context, *url.URL, *http.Request, *http.Response) error { return nil }}
	for name, c := range map[string]struct {
		base *http.Transport
		want string
	}{
		"default": {nil, "407 Proxy Authentication Required"},
		"hook":    {hooked, ours.Error()},
		"passing": {passing, "407 Proxy Authentication Required"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := withBase(t, c.base, &transport.Options{Proxy: http.ProxyURL(proxy)})
			err := exchange(t, t.Context(), tr, "https://example.com")
			noSecret(t, err)
			if !errors.Is(err, driver.KindOther) || !strings.Contains(err.Error(), c.want) || errors.Is(err, ours) != (name == "hook") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestDialersErrorIsKept: an error that quotes nothing is in the chain as it is.
func TestDialersErrorIsKept(t *testing.T) {
	own := &chosenError{"not today"}
	tr := withBase(t, &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, own }}, nil)
	err := exchange(t, t.Context(), tr, "http://example.com")
	var e *driver.Error
	if !errors.As(err, &e) || e.Kind != driver.KindOther || e.Err != own {
		t.Errorf("got %v", err)
	}
}

// withBase returns a Transport over base; over the default one if it is nil.
func withBase(t *testing.T, base *http.Transport, opts *transport.Options) *transport.Transport {
	t.Helper()
	b, err := nethttp.New(&nethttp.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(b, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}
