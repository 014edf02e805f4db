// SPDX-License-Identifier: MIT

package sdkcases

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
)

// finalOnce makes a failure of every class that the platform has, and wants azcore to
// take it for final.
func finalOnce(t *conformance.T) {
	wire := 0 // requests that the origin may see
	once := func(what string, over func(*http.Request) (*http.Response, error), req *policy.Request, want driver.Kind) {
		pl, d := pipelineOver(over, policy.ClientOptions{})
		resp, err := pl.Do(req)
		if err == nil {
			t.Errorf("%s: got the response %s, want an error", what, resp.Status)
		} else {
			kind(t, what, err, want)
			var marked interface {
				error
				NonRetriable()
			}
			t.True(errors.As(err, &marked), "%s: %v is not marked", what, err)
		}
		t.Equal(what+": tries", d.take(), 1)
	}
	get := func(url string) *policy.Request { return newRequest(t, t.Context(), http.MethodGet, url, nil) }

	// E6
	req := get(t.URL("echo"))
	req.Raw().Header["X-Test"] = []string{"a\r\nb"}
	once("bad header", t.TryDo, req, driver.KindInvalid)
	req = get(t.URL("echo"))
	req.Raw().URL.Scheme = "ftp"
	once("bad scheme", t.TryDo, req, driver.KindInvalid)

	// E1 and E2
	if !t.Has(driver.MethodConnectTrace) {
		req = get(t.URL("echo"))
		req.Raw().Method = http.MethodTrace
		once("TRACE", t.TryDo, req, driver.KindUnsupported)
	}
	if !t.Has(driver.TrailersOut) {
		req = newRequest(t, t.Context(), http.MethodPut, t.URL("echo"), newShared([]byte("body")))
		req.Raw().Trailer = http.Header{"X-Sum": nil}
		once("trailer", t.TryDo, req, driver.KindUnsupported)
	}
	for _, name := range t.Transport().Capabilities().ForbiddenHeaders() {
		if slices.Contains([]string{"Upgrade", "Transfer-Encoding", "Cookie"}, name) {
			req = get(t.URL("echo"))
			req.Raw().Header.Set(name, "something")
			once(name, t.TryDo, req, driver.KindUnsupported)
		}
	}

	// E3
	if !t.Has(driver.RedirectExpose) {
		once("redirect", t.TryDo, get(t.URL("redirect", "status", "302", "to", t.URL("echo"))), driver.KindUnsupported)
		wire++
	}

	// E5
	if t.Has(driver.LimitHeader) {
		tr, err := t.New(conformance.Config{Config: driver.Config{MaxResponseHeaderBytes: 1 << 12}})
		if err != nil {
			t.Fatalf("a limit for the header: %v", err)
		}
		over := func(req *http.Request) (*http.Response, error) { return t.TryOn(tr, req) }
		once("header limit", over, get(t.URL("headers", "X-Long", strings.Repeat("x", 1<<13))), driver.KindLimit)
		wire++
	}
	if !t.Has(driver.UploadStream) {
		tr, err := t.New(conformance.Config{Config: driver.Config{MaxBufferedBody: 1000}})
		if err != nil {
			t.Fatalf("a limit for the body: %v", err)
		}
		over := func(req *http.Request) (*http.Response, error) { return t.TryOn(tr, req) }
		once("body limit", over, newRequest(t, t.Context(), http.MethodPut, t.URL("echo"), newShared(make([]byte, 1001))), driver.KindLimit)
	}

	// E8
	if t.Has(driver.Denied) && t.Environment("grants") {
		// An address of RFC 5737, which no host grants to its tests.
		once("denied", t.TryDo, get("http://192.0.2.1/"), driver.KindDenied)
	}
	t.Requests(wire, wire)
	t.Expect(conformance.Count(conformance.EventRequest, wire))
}
