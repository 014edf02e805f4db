// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// gate stands between page and store, so that a test can hold a request where it wants
// it. Its account is the store's, at another address.
type gate struct {
	endpoint string
	store    http.Handler // the way through
}

// newGate starts a gate. pass decides about each request, and may send it on to g.store.
func newGate(t *testing.T, a *app.Account, pass func(g *gate, w http.ResponseWriter, r *http.Request)) *gate {
	t.Helper()
	u, err := url.Parse(a.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	g := new(gate)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: u.Scheme, Host: u.Host})
	proxy.FlushInterval = -1
	// A page that goes away is what some tests are about.
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) { w.WriteHeader(http.StatusBadGateway) }
	g.store = proxy
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pass(g, w, r) }))
	t.Cleanup(s.Close)
	g.endpoint = s.URL + u.Path
	return g
}

// isBlock reports whether r sends a piece of a blob.
func isBlock(r *http.Request) bool {
	return r.Method == http.MethodPut && r.URL.Query().Get("comp") == "block"
}

// halfway holds a response after so many bytes until a test has seen it.
type halfway struct {
	http.ResponseWriter
	left    int
	seen    <-chan struct{}
	request *http.Request
}

func (h *halfway) Write(p []byte) (int, error) {
	if h.left > 0 && len(p) >= h.left {
		n, err := h.ResponseWriter.Write(p[:h.left])
		if err != nil {
			return n, err
		}
		h.ResponseWriter.(http.Flusher).Flush()
		h.left = 0
		select {
		case <-h.seen:
		case <-h.request.Context().Done():
			return n, h.request.Context().Err()
		}
		m, err := h.ResponseWriter.Write(p[n:])
		return n + m, err
	}
	h.left -= len(p)
	return h.ResponseWriter.Write(p)
}

func (h *halfway) Flush() { h.ResponseWriter.(http.Flusher).Flush() }
