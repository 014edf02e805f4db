// SPDX-License-Identifier: MIT

//go:build !wasm

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/transport/azure"
)

const (
	origin = "https://app.example"
	other  = "https://other.example"
)

// command runs the command and returns its exit status and what it wrote.
func command(t *testing.T, connection string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, func(name string) string {
		if name == variable {
			return connection
		}
		return ""
	}, &out, &errs)
	return code, out.String(), errs.String()
}

// TestAzurite sets the rules of a real account and asks as a browser does whether they hold.
func TestAzurite(t *testing.T) {
	host, err := local.New(t.Context(), local.NewLog("azurecors", t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	a, err := host.StartAzurite(context.Background(), "pages")
	if err != nil {
		t.Fatal(err)
	}
	connection := "DefaultEndpointsProtocol=http;AccountName=" + a.Account + ";AccountKey=" + a.Key +
		";BlobEndpoint=" + a.Blob + ";QueueEndpoint=" + a.Queue + ";TableEndpoint=" + a.Table
	endpoints := map[string]string{"blob": a.Blob, "queue": a.Queue, "table": a.Table}

	for name, endpoint := range endpoints {
		if status, _ := preflight(t, endpoint, origin, "PUT", "x-ms-version"); status != http.StatusForbidden {
			t.Errorf("%s: a preflight before got %d, want 403", name, status)
		}
	}
	for _, c := range []struct {
		origin, says string
	}{{other, "is set"}, {origin, "is set"}, {origin, "is there already"}} {
		code, stdout, stderr := command(t, connection, "-origin", c.origin)
		if code != 0 || strings.Count(stdout, c.says) != 3 {
			t.Fatalf("%s: exit %d, wrote %q and %q, want %q three times", c.origin, code, stdout, stderr, c.says)
		}
	}
	for name, endpoint := range endpoints {
		for _, o := range []string{origin, other} {
			const headers = "authorization,content-type,if-match,x-ms-date,x-ms-meta-color,x-ms-range,x-ms-version"
			method := map[string]string{"blob": "PUT", "queue": "POST", "table": "PATCH"}[name]
			status, h := preflight(t, endpoint, o, method, headers)
			if status != http.StatusOK || h.Get("Access-Control-Allow-Origin") != o {
				t.Errorf("%s: a preflight from %s got %d and %v", name, o, status, h)
			}
			for _, want := range strings.Split(headers, ",") {
				if !strings.Contains(strings.ToLower(h.Get("Access-Control-Allow-Headers")), want) {
					t.Errorf("%s: %s is not allowed but %s", name, want, h.Get("Access-Control-Allow-Headers"))
				}
			}
		}
		for what, ask := range map[string][3]string{
			"another origin": {"https://evil.example", "PUT", "x-ms-version"},
			"another header": {origin, "PUT", "x-other"},
			"another method": {origin, "TRACE", ""},
		} {
			if status, _ := preflight(t, endpoint, ask[0], ask[1], ask[2]); status != http.StatusForbidden {
				t.Errorf("%s: a preflight for %s got %d, want 403", name, what, status)
			}
		}
		// A failure has to be readable too: it carries the error's code.
		path := map[string]string{"blob": "/container/blob", "queue": "/queue/messages", "table": "/Tables"}[name]
		req, err := http.NewRequestWithContext(t.Context(), "GET", endpoint+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if exposed := strings.ToLower(resp.Header.Get("Access-Control-Expose-Headers")); resp.StatusCode < 400 ||
			!strings.Contains(exposed, "x-ms-request-id") || !strings.Contains(exposed, "retry-after") {
			t.Errorf("%s: %s exposes %q of %v", name, resp.Status, exposed, resp.Header)
		}
	}
	code, _, stderr := command(t, strings.Replace(connection, a.Key, "AAAA", 1), "-origin", origin)
	if code != 1 || !strings.Contains(stderr, "403") || strings.Contains(stderr, "127.0.0.1") {
		t.Errorf("a wrong key: exit %d, wrote %q", code, stderr)
	}
}

func preflight(t *testing.T, endpoint, origin, method, headers string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "OPTIONS", endpoint+"/name", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Access-Control-Request-Method", method)
	if headers != "" {
		req.Header.Set("Access-Control-Request-Headers", headers)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}

func TestPrint(t *testing.T) {
	code, stdout, stderr := command(t, "", "-origin", origin, "-origin", other, "-print")
	if code != 0 || stderr != "" || strings.Count(stdout, "allowed origins "+origin+", "+other+"; ") != 3 {
		t.Errorf("exit %d, wrote %q and %q", code, stdout, stderr)
	}
}

func TestBadInput(t *testing.T) {
	refuse := httptest.NewServer(http.NotFoundHandler())
	refuse.Close() // nothing listens there any more
	for _, c := range []struct {
		name       string
		connection string
		args       []string
		code       int
		says       string
	}{
		{"no origin", "x", nil, 2, "no allowed origins"},
		{"no such origin", "x", []string{"-origin", "app.example/"}, 2, "is not scheme://host"},
		{"no such service", "x", []string{"-origin", origin, "-services", "file"}, 2, `unknown service "file"`},
		{"an argument", "x", []string{"-origin", origin, "blob"}, 2, `unknown argument "blob"`},
		{"no such flag", "x", []string{"-orgin", origin}, 2, "not defined"},
		{"no connection string", "", []string{"-origin", origin}, 2, variable},
		{"no connection string at all", "garbage", []string{"-origin", origin}, 1, "blob service: "},
		{"help", "", []string{"-h"}, 0, "-origin"},
	} {
		code, stdout, stderr := command(t, c.connection, c.args...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: exit %d, wrote %q and %q", c.name, code, stdout, stderr)
		}
	}
}

func TestMerge(t *testing.T) {
	rules := func(origins ...string) (all []azure.CORSRule) {
		for _, o := range origins {
			all = append(all, azure.CORSRule{AllowedOrigins: strings.Split(o, " ")})
		}
		return all
	}
	for _, c := range []struct{ before, after []azure.CORSRule }{
		{nil, rules(origin)},
		{rules(other), rules(origin, other)},
		{rules("*"), rules(origin, "*")},
		{rules(other, origin), rules(other, origin)},
		{rules(origin, other, origin), rules(origin, other)},
		{rules(origin + " " + other), rules(origin, origin+" "+other)},
	} {
		got := merge(c.before, rules(origin)[0])
		if !slices.EqualFunc(got, c.after, func(x, y azure.CORSRule) bool { return slices.Equal(x.AllowedOrigins, y.AllowedOrigins) }) {
			t.Errorf("merge into %v gave %v, want %v", c.before, got, c.after)
		}
	}
}
