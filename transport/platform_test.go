// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

// The tests in platform_*_test.go run against the real platform of the build: natively,
// and through the runners in a page, in Node and in WASI hosts. What the client says is
// checked against what the origin has logged.

// limit is how long the origin is asked to wait for an event. Chromium keeps some aborted
// connections for five seconds when the server has nothing more to send.
const limit = 10 * time.Second

// platform is one test's way to the platform and to the origin's log.
type platform struct {
	*testing.T
	tr      *transport.Transport
	witness *conformance.Witness
	token   string
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	tr, err := transport.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	w, err := conformance.Connect(transport.Default())
	if err != nil {
		t.Fatal(err)
	}
	return &platform{T: t, tr: tr, witness: w, token: w.Token()}
}

func (p *platform) url(scenario string, pairs ...string) string {
	return p.witness.URL(p.token, scenario, pairs...)
}

func (p *platform) request(ctx context.Context, method, url string, body io.Reader) *http.Request {
	p.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		p.Fatal(err)
	}
	return req
}

func (p *platform) send(req *http.Request) *http.Response {
	p.Helper()
	resp, err := p.tr.RoundTrip(req)
	if err != nil {
		p.Fatalf("RoundTrip: %v", err)
	}
	p.Cleanup(func() { resp.Body.Close() })
	return resp
}

// events waits until the origin has logged count events of a kind, and returns all events
// of that kind.
func (p *platform) events(kind string, count int) []conformance.Event {
	p.Helper()
	all, err := p.witness.Events(context.Background(), p.token, kind, count, limit)
	if err != nil {
		p.Fatal(err)
	}
	var events []conformance.Event
	for _, e := range all {
		if e.Kind == kind {
			events = append(events, e)
		}
	}
	return events
}

func (p *platform) release(gate string) {
	p.Helper()
	if err := p.witness.Release(context.Background(), p.token, gate); err != nil {
		p.Fatal(err)
	}
}

// echo sends req to the scenario "echo" and returns what the origin saw.
func (p *platform) echo(req *http.Request) conformance.Echo {
	p.Helper()
	var e conformance.Echo
	if err := json.Unmarshal(p.read(p.send(req)), &e); err != nil {
		p.Fatal(err)
	}
	return e
}

func (p *platform) read(resp *http.Response) []byte {
	p.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatalf("reading the body: %v", err)
	}
	return body
}

func TestPlatformMethods(t *testing.T) {
	p := newPlatform(t)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT", "X-Custom"} {
		e := p.echo(p.request(t.Context(), method, p.url("echo", "a", "b c"), nil))
		if e.Method != method || !strings.HasSuffix(e.Target, "/echo?a=b+c") {
			t.Errorf("%s: the origin saw %s %s", method, e.Method, e.Target)
		}
		want := int64(0) // net/http servers report 0 for none and for an explicit 0
		if e.ContentLength != want || len(e.TransferEncoding) != 0 {
			t.Errorf("%s without a body: length %d, transfer encoding %v", method, e.ContentLength, e.TransferEncoding)
		}
		_, explicit := e.Header["Content-Length"]
		if needs := method == "POST" || method == "PUT" || method == "PATCH"; needs && !explicit {
			t.Errorf("%s without a body: no Content-Length field on the wire", method)
		}
	}
	head := p.send(p.request(t.Context(), "HEAD", p.url("bytes", "size", "1234"), nil))
	if body := p.read(head); len(body) != 0 || head.Header.Get("Content-Length") != "1234" {
		t.Errorf("HEAD: %d bytes, Content-Length %q; want 0 bytes and 1234", len(body), head.Header.Get("Content-Length"))
	}
}

func TestPlatformRequestHeader(t *testing.T) {
	p := newPlatform(t)
	req := p.request(t.Context(), "GET", p.url("echo"), nil)
	entries := map[string][]string(req.Header)
	entries["x-ms-version"] = []string{"2026-12-06"} // as generated SDK code writes it
	req.Header["X-Several"] = []string{"one", "two"}
	req.Header.Set("X-Latin", "caf\xe9")
	req.Header.Set("X-Empty", "")
	req.Header.Set("X-Space", "  in ner ")
	req.Header.Set("User-Agent", "azsdk-go-test/1")
	req.Header.Set("Host", "ignored.example")
	before := req.Header.Clone()
	e := p.echo(req)
	for name, want := range map[string]string{
		"X-Ms-Version": "2026-12-06", "X-Several": "one, two", "X-Empty": "", "X-Space": "in ner",
	} {
		got, ok := e.Header[name]
		if !ok || strings.Join(got, ", ") != want {
			t.Errorf("%s: the origin saw %q, want %q", name, got, want)
		}
	}
	// JSON has replaced what is not UTF-8, so the byte shows as the replacement character;
	// encoded as UTF-8 it would have been two bytes, "café".
	if got := e.Header["X-Latin"]; len(got) != 1 || got[0] != "caf�" {
		t.Errorf("X-Latin: the origin saw %q, want the byte 0xE9 alone", got)
	}
	if strings.Contains(e.Host, "ignored") {
		t.Errorf("the Host entry of the header was used: %q", e.Host)
	}
	if len(before) != len(req.Header) || entries["x-ms-version"] == nil {
		t.Errorf("the request was modified: %v", req.Header)
	}
}

func TestPlatformResponse(t *testing.T) {
	p := newPlatform(t)
	resp := p.send(p.request(t.Context(), "GET", p.url("headers", "X-Test", "a,b \"c\"", "x-lower", "v"), nil))
	if got := string(p.read(resp)); got != "headers" {
		t.Errorf("body %q", got)
	}
	if resp.Status != "200 OK" || resp.Request == nil || resp.Header.Get("X-Test") != "a,b \"c\"" {
		t.Errorf("status %q, request %v, X-Test %q", resp.Status, resp.Request != nil, resp.Header.Get("X-Test"))
	}
	if got := resp.Header["X-Lower"]; len(got) != 1 || got[0] != "v" {
		t.Errorf("canonical key X-Lower: %q", got)
	}
	for code, status := range map[string]string{"404": "404 Not Found", "503": "503 Service Unavailable", "429": "429 Too Many Requests"} {
		resp := p.send(p.request(t.Context(), "GET", p.url("status", "code", code), nil))
		if resp.Status != status {
			t.Errorf("status %q, want %q", resp.Status, status)
		}
		if got := string(p.read(resp)); got != "status" {
			t.Errorf("%s: body %q", code, got)
		}
	}
	resp = p.send(p.request(t.Context(), "GET", p.url("status", "code", "204"), nil))
	if body := p.read(resp); len(body) != 0 {
		t.Errorf("204 with body %q", body)
	}
}

func TestPlatformDoesNotRetryOrCache(t *testing.T) {
	p := newPlatform(t)
	url := p.url("headers", "Cache-Control", "max-age=3600")
	for range 2 {
		p.read(p.send(p.request(t.Context(), "GET", url, nil)))
	}
	p.read(p.send(p.request(t.Context(), "GET", p.url("status", "code", "503"), nil)))
	if n := len(p.events(conformance.EventDone, 3)); n != 3 {
		t.Errorf("the origin saw %d requests, want 3", n)
	}
}
