// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

// TestPlatformRequestCancel ends calls by the field that came before contexts, at every stage.
func TestPlatformRequestCancel(t *testing.T) {
	p := newPlatform(t)
	wrong := func(err error) bool {
		return !errors.Is(err, transport.KindCanceled) || !errors.Is(err, context.Canceled)
	}
	send := func(scenario string) (chan struct{}, func() (*http.Response, error)) {
		cancel := make(chan struct{})
		req := p.request(context.Background(), "POST", p.url(scenario), strings.NewReader("body"))
		//lint:ignore SA1019 This is about it.
		req.Cancel = cancel
		return cancel, func() (*http.Response, error) { return p.tr.Do(req) }
	}
	cancel, do := send("echo")
	close(cancel)
	if _, err := do(); wrong(err) {
		t.Errorf("before: %v", err)
	}
	if seen := p.events(conformance.EventRequest, 0); len(seen) != 0 {
		t.Errorf("before: the origin saw %v", seen)
	}

	cancel, do = send("hang")
	go func() {
		p.events(conformance.EventGateWait, 1)
		close(cancel)
	}()
	if _, err := do(); wrong(err) {
		t.Errorf("waiting for the header: %v", err)
	}
	p.events(conformance.EventGone, 1)

	cancel, do = send("gate")
	resp, err := do()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	close(cancel)
	if _, err := io.Copy(io.Discard, resp.Body); wrong(err) {
		t.Errorf("reading: %v", err)
	}
	resp.Body.Close()
	p.events(conformance.EventGone, 2)

	// http.Client's Timeout sets the field.
	for range 20 {
		var kind error
		client := &http.Client{Timeout: 50 * time.Millisecond, Transport: roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			//lint:ignore SA1019 This is about it.
			if r.Cancel == nil {
				t.Error("the field is not set: this shows nothing")
			}
			resp, err := p.tr.RoundTrip(r)
			kind = err
			return resp, err
		})}
		_, err = client.Get(p.url("hang"))
		var over interface{ Timeout() bool }
		if !errors.As(err, &over) || !over.Timeout() || !errors.Is(kind, transport.KindTimeout) {
			t.Errorf("http.Client: %v; the transport: %v", err, kind)
		}
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
