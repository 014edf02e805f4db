// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
)

func start(t *testing.T) *conformance.Origin {
	t.Helper()
	o, err := conformance.StartOrigin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func request(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestOriginRefusesWhatItDoesNotKnow(t *testing.T) {
	o := start(t)
	for path, want := range map[string]string{
		"/t/x/nothing":               "no such scenario",
		"/events?kind=a":             "no token",
		"/events?token=x&count=many": "count is not a number",
		"/events?token=x&timeout=-1": "timeout is not a number",
		"/release?token=x":           "no token or no gate",
	} {
		resp := request(t, "GET", o.URL()+path)
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %q, want 400 %q", path, resp.Status, body, want)
		}
	}
}

func TestOriginPreflight(t *testing.T) {
	o := start(t)
	resp := request(t, "OPTIONS", o.URL()+"/t/x/echo", "Origin", "http://page.test",
		"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-ms-version")
	h := resp.Header
	if resp.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "http://page.test" ||
		h.Get("Access-Control-Allow-Methods") != "PUT" || h.Get("Access-Control-Allow-Headers") != "x-ms-version" {
		t.Errorf("%s %v", resp.Status, h)
	}
}

func TestWitnessSaysWhatWasMissing(t *testing.T) {
	w, err := conformance.Connect(http.DefaultTransport)
	if err != nil {
		t.Fatal(err)
	}
	token := w.Token()
	request(t, "GET", w.URL(token, "status"))
	if _, err := w.Events(t.Context(), token, conformance.EventDone, 1, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	_, err = w.Events(t.Context(), token, conformance.EventGone, 2, time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "0 of 2") || !strings.Contains(err.Error(), "[request done]") {
		t.Errorf("got %v", err)
	}
}

func TestTwoOriginsAtOnce(t *testing.T) {
	a, b := start(t), start(t)
	if a.URL() == b.URL() {
		t.Fatal("the same address twice")
	}
	request(t, "GET", a.URL()+"/t/x/status")
	resp := request(t, "GET", b.URL()+"/events?token=x")
	if body, _ := io.ReadAll(resp.Body); strings.TrimSpace(string(body)) != "null" && strings.TrimSpace(string(body)) != "[]" {
		t.Errorf("the other origin has seen %s", body)
	}
}
