// SPDX-License-Identifier: MIT

package transport_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// What net/http sends is sent, where the meaning is plain.

func TestPlatformChunkedWithLength(t *testing.T) {
	p := newPlatform(t)
	req := p.request(t.Context(), "POST", p.url("echo"), strings.NewReader("12345"))
	req.TransferEncoding = []string{"chunked"}
	e := p.echo(req)
	if e.Bytes != 5 {
		t.Errorf("the origin got %d bytes, want 5", e.Bytes)
	}
	// Elsewhere the body is gathered, and then it has a length.
	streams := p.tr.Capabilities().Has(driver.UploadStreamHTTP1)
	if chunked := len(e.TransferEncoding) == 1 && e.TransferEncoding[0] == "chunked"; chunked != streams {
		t.Errorf("chunked is %v, want %v", chunked, streams)
	}
	if req.ContentLength != 5 || len(req.TransferEncoding) != 1 {
		t.Error("the request was changed")
	}
}

func TestPlatformSpaceInQuery(t *testing.T) {
	p := newPlatform(t)
	u, err := url.Parse(p.url("echo"))
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = "q=hello big world"
	req := p.request(t.Context(), "GET", p.url("echo"), nil)
	req.URL = u
	if got := p.echo(req).Target; !strings.HasSuffix(got, "?q=hello%20big%20world") {
		t.Errorf("the origin saw %q", got)
	}
	if u.RawQuery != "q=hello big world" {
		t.Error("the URL was changed")
	}
	// The same in a Location.
	to := conformance.ScenarioURL("", p.token, "echo") + "?q=hello big world"
	resp, err := p.tr.Do(p.request(t.Context(), "GET", p.url("redirect", "to", to), nil))
	if err != nil {
		t.Fatal(err)
	}
	if body := string(p.read(resp)); !strings.Contains(body, "?q=hello%20big%20world") {
		t.Errorf("the origin saw %s", body)
	}
}

// An empty port is none.
func TestPlatformEmptyPort(t *testing.T) {
	p := newPlatform(t)
	for _, host := range []string{"localhost:", "127.0.0.1:", "[::1]:"} {
		req := p.request(t.Context(), "GET", p.url("echo"), nil)
		req.URL.Host, req.Host = host, "" // http.NewRequest would take the colon off
		_, err := p.tr.RoundTrip(req)
		if errors.Is(err, transport.KindInvalid) || errors.Is(err, transport.KindUnsupported) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// An http.Client copies the fields of a request to the next hop, where there is no body any more.
func TestPlatformClientRedirectsContentLength(t *testing.T) {
	p := newPlatform(t)
	for _, follow := range []func(*http.Request) (*http.Response, error){(&http.Client{Transport: p.tr}).Do, p.tr.Do} {
		req := p.request(t.Context(), "POST", p.url("redirect", "status", "303", "to", p.url("echo")), strings.NewReader("12345"))
		req.Header.Set("Content-Length", "5")
		resp, err := follow(req)
		if err != nil {
			t.Fatal(err)
		}
		if body := string(p.read(resp)); !strings.Contains(body, `"method":"GET"`) || !strings.Contains(body, `"contentLength":0`) {
			t.Errorf("the origin saw %s", body)
		}
	}
}
