// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"syscall/js"
	"testing"

	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

// overlapsFreely: a page has six connections to one host over HTTP/1.1; a server-side
// runtime has no such limit.
var overlapsFreely = js.Global().Get("document").IsUndefined()

// TestPlatformDiagnose tells apart what a browser reports by one and the same error.
func TestPlatformDiagnose(t *testing.T) {
	p := newPlatform(t)
	page := !overlapsFreely
	other := func(pairs ...string) string {
		a := p.witness.Addresses()
		return a.Other + strings.TrimPrefix(p.url("echo", pairs...), a.Main)
	}
	hidden, requests := fetch.Answered, 5 // without CORS nothing is
	if page {
		hidden, requests = fetch.OriginNotAllowed, 7
	}
	for _, c := range []struct {
		url  string
		want fetch.Diagnosis
	}{
		{p.url("echo", "sig", "s3cret"), fetch.Answered},
		{other(), fetch.Answered},
		{p.url("status/500"), fetch.Answered},
		{other("cors", "none"), hidden},
		{other("cors", "wrong-origin"), hidden},
		{p.witness.Addresses().Dead + "/?sig=s3cret", fetch.NoAnswer},
		{"http://no-such-host.invalid/", fetch.NoAnswer},
	} {
		got, err := fetch.Diagnose(t.Context(), c.url)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", c.url, got, err, c.want)
		}
	}
	for _, e := range p.events(conformance.EventRequest, requests) {
		var head struct{ Method string }
		if err := json.Unmarshal(e.Data, &head); err != nil || head.Method != "HEAD" {
			t.Errorf("it sent %s, %v", e.Data, err)
		}
	}

	for _, url := range []string{"", "/path?sig=s3cret", "ftp://host/?sig=s3cret", "http://[::1?sig=s3cret"} {
		if _, err := fetch.Diagnose(t.Context(), url); !errors.Is(err, transport.KindInvalid) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	go func() {
		p.events(conformance.EventRequest, requests+1)
		cancel(cause)
	}()
	if _, err := fetch.Diagnose(ctx, p.url("hang")); !errors.Is(err, cause) {
		t.Errorf("canceled: %v", err)
	}
}

// A request that no try can make right is not a failure of the network.
func TestPlatformWrongRequestsAreFinal(t *testing.T) {
	p := newPlatform(t)
	for what, c := range map[string]struct {
		req  *http.Request
		kind transport.Kind
	}{
		"a body with the method get":  {p.request(t.Context(), "get", p.url("echo"), strings.NewReader("body")), transport.KindUnsupported},
		"a body with the method HEAD": {p.request(t.Context(), "HEAD", p.url("echo"), strings.NewReader("body")), transport.KindUnsupported},
		"no address of IPv4":          {p.request(t.Context(), "GET", "http://256.256.256.256/", nil), transport.KindInvalid},
	} {
		_, err := p.tr.RoundTrip(c.req)
		var marker interface{ NonRetriable() }
		if !errors.Is(err, c.kind) || !errors.As(err, &marker) {
			t.Errorf("%s: got %v, want %v with azcore's marker", what, err, c.kind)
		}
	}
}
