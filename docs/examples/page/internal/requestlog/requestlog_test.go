// SPDX-License-Identifier: MIT

package requestlog

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport"
)

// send sends one request through the middleware over next and returns what was told.
func send(t *testing.T, next roundTripper, use func(*http.Response, error)) []Entry {
	t.Helper()
	var told []Entry
	rt := Wrap(func(e Entry) { told = append(told, e) })(next)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPut,
		"https://store.example:8443/box/a%2Fb?sig=secret", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	use(rt.RoundTrip(req))
	for _, e := range told {
		if e.ID != 1 || e.Method != http.MethodPut || e.Target != "store.example:8443/box/a%2Fb" {
			t.Errorf("entry is %+v", e)
		}
	}
	if len(told) == 0 || told[0].Over {
		t.Fatalf("told %+v, want a begin", told)
	}
	return told
}

func TestBodyIsCountedToItsEnd(t *testing.T) {
	told := send(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 201, Body: io.NopCloser(strings.NewReader("0123456789"))}, nil
	}, func(resp *http.Response, err error) {
		if b, err := io.ReadAll(resp.Body); len(b) != 10 || err != nil {
			t.Errorf("read %q, %v", b, err)
		}
		resp.Body.Close()
	})
	if len(told) != 2 {
		t.Fatalf("told %d times, want 2", len(told))
	}
	if e := told[1]; !e.Over || e.Status != 201 || e.Sent != 5 || e.Received != 10 || e.Failure != "" {
		t.Errorf("end is %+v", e)
	}
}

func TestCloseEnds(t *testing.T) {
	told := send(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("0123456789"))}, nil
	}, func(resp *http.Response, err error) {
		io.ReadFull(resp.Body, make([]byte, 4))
		resp.Body.Close()
	})
	if e := told[len(told)-1]; len(told) != 2 || !e.Over || e.Received != 4 {
		t.Errorf("told %+v", told)
	}
}

func TestNoBodyEndsAtOnce(t *testing.T) {
	told := send(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 202, Body: http.NoBody}, nil
	}, func(*http.Response, error) {})
	if e := told[len(told)-1]; len(told) != 2 || !e.Over || e.Status != 202 {
		t.Errorf("told %+v", told)
	}
}

func TestFailureIsToldByKindAlone(t *testing.T) {
	failure := &transport.Error{Op: "send", Kind: transport.KindNetwork, Err: errors.New("secret")}
	told := send(t, func(*http.Request) (*http.Response, error) { return nil, failure }, func(resp *http.Response, err error) {
		if resp != nil || err != failure {
			t.Errorf("got %v, %v", resp, err)
		}
	})
	if e := told[len(told)-1]; len(told) != 2 || !e.Over || e.Status != 0 || e.Failure != "network failure" {
		t.Errorf("told %+v", told)
	}
}
