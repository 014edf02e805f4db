// SPDX-License-Identifier: MIT

package services

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCutter(t *testing.T) {
	content := strings.Repeat("0123456789", 10000)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gone") {
			http.Error(w, "this text is not cut", http.StatusNotFound)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	}))
	defer origin.Close()
	c, err := newCutter(origin.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(c)
	defer front.Close()

	get := func(method, path string) (string, error) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	}
	for _, test := range []struct {
		method, path string
		length       int
		err          error
	}{
		{"HEAD", "/a/b", 0, nil},
		{"GET", "/a/b?comp=tags", len(content), nil}, // not the blob itself
		{"GET", "/a/b", len(content) / 2, io.ErrUnexpectedEOF},
		{"GET", "/a/b", len(content), nil},
		{"GET", "/a/c", len(content) / 2, io.ErrUnexpectedEOF},
		{"GET", "/a/gone", len("this text is not cut\n"), nil},
	} {
		got, err := get(test.method, test.path)
		if len(got) != test.length || !errors.Is(err, test.err) {
			t.Errorf("%s %s: %d bytes and error %v, want %d and %v", test.method, test.path, len(got), err, test.length, test.err)
		}
	}
}
