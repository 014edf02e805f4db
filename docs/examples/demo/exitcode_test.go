// SPDX-License-Identifier: MIT

//go:build !wasm

package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

const goodKey = "a-good-key"

// language answers as the language service does, without one: French for "Bonjour", and an
// error for an empty second text. It counts the calls that are not preflights.
func language(calls *atomic.Int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		if r.Method == http.MethodOptions {
			return
		}
		calls.Add(1)
		h.Set("Content-Type", "application/json")
		if r.Header.Get("Ocp-Apim-Subscription-Key") != goodKey {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		errs := ""
		if bytes.Contains(body, []byte(`"text":""`)) {
			errs = `{"id":"2","error":{"code":"InvalidArgument","message":"","innererror":{"code":"InvalidDocument","message":"Document text is empty."}}}`
		}
		io.WriteString(w, `{"kind":"LanguageDetectionResults","results":{"documents":[{"id":"1","detectedLanguage":`+
			`{"name":"French","iso6391Name":"fr","confidenceScore":1}}],"errors":[`+errs+`]}}`)
	})
}

// TestExitCodes runs the portable program itself on every platform that is here: what the
// shell sees is part of what it promises.
func TestExitCodes(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(language(&calls))
	defer server.Close()
	gone := closedPort(t)

	log := local.NewLog("test", t.Output())
	host, err := local.New(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	d := &demo{log: log, host: host, built: make(map[target]string)}
	for _, p := range platforms() {
		m, err := d.prepare(t.Context(), p)
		var missing *local.Missing
		if errors.As(err, &missing) && os.Getenv("CI") != "true" {
			t.Logf("not run on %s: %v", p.name, err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			for _, c := range []struct {
				name           string
				endpoint, key  string
				stdin          string
				args           []string
				code           int
				stdout, stderr string // parts of them
				calls          int32
			}{
				{"answer", server.URL, goodKey, "", []string{"Bonjour"}, 0, "French  fr  1.00  Bonjour", "", 1},
				{"standard input", server.URL, goodKey, "Bonjour\n", nil, 0, "French  fr  1.00  Bonjour", "", 1},
				{"document error", server.URL, goodKey, "", []string{"Bonjour", ""}, 1, "error   -   -     Document text is empty.", "", 1},
				{"wrong key", server.URL, "wrong", "", []string{"x"}, 1, "", "401: Access denied due to invalid subscription key.", 1},
				{"no key", server.URL, "", "", []string{"x"}, 2, "", "usage: portable", 0},
				{"no endpoint", "", goodKey, "", []string{"x"}, 2, "", "usage: portable", 0},
				{"wrong flag", server.URL, goodKey, "", []string{"-nope"}, 2, "", "usage: portable", 0},
				{"nobody there", "http://" + gone, goodKey, "", []string{"x"}, 1, "", "portable: cannot reach " + gone + ": ", 0},
				{"unknown step", "", "", "", []string{"storage", "fly"}, 2, "", "usage: portable storage", 0},
			} {
				calls.Store(0)
				cmd := exec.CommandContext(t.Context(), m.argv[0], append(m.argv[1:len(m.argv):len(m.argv)], c.args...)...)
				cmd.Env = append(os.Environ(), "ISOHTTP_LANGUAGE_ENDPOINT="+c.endpoint, "ISOHTTP_LANGUAGE_KEY="+c.key)
				cmd.Stdin = strings.NewReader(c.stdin)
				var stdout, stderr bytes.Buffer
				cmd.Stdout, cmd.Stderr = &stdout, &stderr
				err := cmd.Run()
				want := c.code
				if p.target == forComponent {
					want = min(want, 1) // a component host knows no other
				}
				if got := cmd.ProcessState.ExitCode(); got != want || !strings.Contains(stdout.String(), c.stdout) ||
					!strings.Contains(stderr.String(), c.stderr) || calls.Load() != c.calls {
					t.Errorf("%s: exit code %d, want %d (%v); %d calls, want %d\n%s%s", c.name, got, want, err, calls.Load(), c.calls, &stdout, &stderr)
				}
				if strings.Contains(stdout.String()+stderr.String(), goodKey) {
					t.Errorf("%s: the key is in the output", c.name)
				}
			}
		})
	}
}

// closedPort returns an address of this machine where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
