// SPDX-License-Identifier: MIT

package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func newSite(t *testing.T) http.Handler {
	t.Helper()
	h, err := New(Site{
		Static: fstest.MapFS{
			"index.html": {Data: []byte(`<p title="{{.StorageAccount}}">`)},
			"page.js":    {Data: []byte("go()")},
		},
		Files:    map[string][]byte{"app.wasm": bytes.Repeat([]byte("wasm"), 1000)},
		Settings: Settings{StorageAccount: `"><script>`, MaxFileBytes: 5},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	req := httptest.NewRequest(method, target, nil)
	req.Host = "127.0.0.1:8080"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Result()
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPolicyIsOnEveryAnswer(t *testing.T) {
	h := newSite(t)
	for _, target := range []string{"/", "/page.js", "/app.wasm", "/nothing"} {
		csp := get(t, h, "GET", target).Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "script-src 'self' 'wasm-unsafe-eval';") || strings.Contains(csp, "'unsafe-inline'") ||
			strings.Contains(csp, "'unsafe-eval'") {
			t.Errorf("%s: the policy is %q", target, csp)
		}
	}
}

func TestTypes(t *testing.T) {
	h := newSite(t)
	for target, want := range map[string]string{
		"/": "text/html; charset=utf-8", "/page.js": "text/javascript; charset=utf-8",
		"/app.wasm": "application/wasm", "/settings.json": "application/json",
	} {
		if got := get(t, h, "GET", target).Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestTemplatesEscape(t *testing.T) {
	if got, want := text(t, get(t, newSite(t), "GET", "/")), `<p title="&#34;&gt;&lt;script&gt;">`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestProgramIsCompressed(t *testing.T) {
	h := newSite(t)
	resp := get(t, h, "GET", "/app.wasm", "Accept-Encoding", "br, gzip;q=0.5")
	if resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("X-Decoded-Length") != "4000" {
		t.Fatalf("header is %v", resp.Header)
	}
	zr, err := gzip.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(zr); err != nil || len(b) != 4000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	for _, accept := range []string{"", "br", "gzip;q=0", "x-gzip"} {
		resp := get(t, h, "GET", "/app.wasm", "Accept-Encoding", accept)
		if resp.Header.Get("Content-Encoding") != "" || len(text(t, resp)) != 4000 {
			t.Errorf("Accept-Encoding %q: header is %v", accept, resp.Header)
		}
	}
}

func TestUnchangedFileIsNotSentAgain(t *testing.T) {
	h := newSite(t)
	tag := get(t, h, "GET", "/app.wasm").Header.Get("Etag")
	if resp := get(t, h, "GET", "/app.wasm", "If-None-Match", tag); resp.StatusCode != http.StatusNotModified || text(t, resp) != "" {
		t.Errorf("status %d", resp.StatusCode)
	}
	if resp := get(t, h, "GET", "/app.wasm", "If-None-Match", `W/"0"`); resp.StatusCode != http.StatusOK {
		t.Errorf("another tag: status %d", resp.StatusCode)
	}
}

func TestRefusals(t *testing.T) {
	h := newSite(t)
	for _, c := range []struct {
		method, target, host string
		status               int
	}{
		{"GET", "/", "localhost", 200},
		{"GET", "/", "localhost:80", 200},
		{"GET", "/", "[::1]:80", 200},
		{"HEAD", "/app.wasm", "127.0.0.1", 200},
		{"GET", "/", "evil.example:80", 421},
		{"GET", "/", "127.0.0.1.evil.example", 421},
		{"POST", "/", "localhost", 405},
		{"GET", "/index.html", "localhost", 404},
		{"GET", "/../server.go", "localhost", 404},
	} {
		resp := get(t, h, c.method, c.target, "Host", c.host)
		if resp.StatusCode != c.status {
			t.Errorf("%s %s from %s: status %d, want %d", c.method, c.target, c.host, resp.StatusCode, c.status)
		}
		if c.method == "HEAD" && text(t, resp) != "" {
			t.Error("HEAD has a body")
		}
	}
}

func TestUnknownTypeIsAnError(t *testing.T) {
	if _, err := New(Site{Static: fstest.MapFS{"a.exe": {}}}); err == nil {
		t.Error("no error")
	}
}
