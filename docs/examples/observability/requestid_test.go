// SPDX-License-Identifier: MIT

package observability_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/docs/examples/observability"
	"github.com/isohttp/isohttp/transport"
)

func TestSendRequestID(t *testing.T) {
	o := connect(t)
	tr := newTransport(t, transport.Options{Wrap: observability.SendRequestID})
	ctx := observability.WithRequestID(t.Context(), "id-3")
	if e := echo(ctx, t, tr, o.url("echo")); first(e, observability.RequestIDHeader) != "id-3" {
		t.Errorf("the origin saw %q", e.Header)
	}
	if e := echo(t.Context(), t, tr, o.url("echo")); first(e, observability.RequestIDHeader) != "" {
		t.Errorf("the origin saw %q without an id in the context", e.Header)
	}

	// The header of the request goes before, and the request stays as it was.
	for _, own := range []string{"", "own"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url("echo"), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := "id-3"
		if own != "" {
			req.Header.Set(observability.RequestIDHeader, own)
			want = own
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		var e conformance.Echo
		err = json.NewDecoder(resp.Body).Decode(&e)
		resp.Body.Close()
		if err != nil || first(e, observability.RequestIDHeader) != want {
			t.Errorf("the origin saw %q, want %q; %v", first(e, observability.RequestIDHeader), want, err)
		}
		if got := req.Header.Get(observability.RequestIDHeader); got != own {
			t.Errorf("the request's header is now %q", got)
		}
	}
}
