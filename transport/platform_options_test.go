// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

func TestPlatformProgress(t *testing.T) {
	p := newPlatform(t)
	const size = 300000
	for _, known := range []bool{true, false} {
		var calls []transport.Progress
		var inside atomic.Int32
		ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{Progress: func(pr transport.Progress) {
			if inside.Add(1) != 1 {
				t.Error("called from two goroutines at once")
			}
			calls = append(calls, pr)
			inside.Add(-1)
		}})
		var body io.Reader = bytes.NewReader(conformance.Pattern(size, 1))
		total := int64(size)
		if !known {
			body, total = io.MultiReader(body), -1
		}
		resp := p.send(p.request(ctx, "POST", p.url("echo-body"), body))
		if got := p.read(resp); len(got) != size {
			t.Fatalf("%d bytes", len(got))
		}
		if len(calls) < 2 {
			t.Fatalf("%d calls", len(calls))
		}
		last := transport.Progress{}
		for _, pr := range calls {
			if pr.Sent < last.Sent || pr.Received < last.Received || pr.SentTotal != total {
				t.Fatalf("known %v: %+v after %+v", known, pr, last)
			}
			last = pr
		}
		if last.Sent != size || last.Received != size {
			t.Errorf("known %v: the last call was %+v", known, last)
		}
		if resp.ContentLength >= 0 && last.ReceivedTotal != size {
			t.Errorf("known %v: the total was %d", known, last.ReceivedTotal)
		}
	}
}

func TestPlatformResponseHeaderTimeout(t *testing.T) {
	p := newPlatform(t)
	// The limit includes connecting. Were it over before that, the origin would see nothing.
	const timeout = time.Second
	tr, err := transport.New(&transport.Options{ResponseHeaderTimeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	_, err = tr.RoundTrip(p.request(t.Context(), "GET", p.url("hang"), nil))
	var over interface{ Timeout() bool }
	if !errors.Is(err, transport.KindTimeout) || !errors.As(err, &over) || !over.Timeout() || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want KindTimeout", err)
	}
	p.events(conformance.EventGone, 1)

	// It is over once the header is in: the body may take its time.
	resp, err := tr.RoundTrip(p.request(t.Context(), "GET", p.url("gate"), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	<-time.After(timeout + timeout/3)
	p.release("go")
	if n := len(p.read(resp)); n != 2000 {
		t.Errorf("%d bytes", n)
	}

	ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{ResponseHeaderTimeout: -1})
	if _, err := tr.RoundTrip(p.request(ctx, "GET", p.url("echo"), nil)); !errors.Is(err, transport.KindInvalid) {
		t.Errorf("negative: %v", err)
	}
}

// TestPlatformSecrets runs what can go wrong with secrets in every place that a request has
// for them. None may be in an error text of the chain, or in the log.
func TestPlatformSecrets(t *testing.T) {
	p := newPlatform(t)
	var log bytes.Buffer
	tr, err := transport.New(&transport.Options{
		Logger:                slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		ResponseHeaderTimeout: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	const user, pass, path, query, header = "us3r-s3cret", "pa55-s3cret", "p4th-s3cret", "qu3ry-s3cret", "h34d-s3cret"
	secrets := []string{user, pass, path, query, header}
	dead := p.witness.Addresses().Dead
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		url  string
		edit func(*http.Request)
		read bool // the failure is in the body
	}{
		"refused":          {t.Context(), dead + "/" + path + "?sig=" + query, nil, false},
		"unknown host":     {t.Context(), "http://no-such-host.invalid/" + path + "?sig=" + query, nil, false},
		"not TLS":          {t.Context(), strings.Replace(p.url("echo", "sig", query), "http:", "https:", 1), nil, false},
		"canceled":         {canceled, p.url("echo", "sig", query), nil, false},
		"header timeout":   {t.Context(), p.url("hang", "sig", query), nil, false},
		"cut":              {t.Context(), p.url("cut", "sig", query), nil, true},
		"illegal header":   {t.Context(), p.url("echo", "sig", query), func(r *http.Request) { r.Header["X"] = []string{header + "\n"} }, false},
		"illegal host":     {t.Context(), p.url("echo", "sig", query), func(r *http.Request) { r.URL.Host = "a b"; r.Host = "" }, false},
		"scheme":           {t.Context(), p.url("echo", "sig", query), func(r *http.Request) { r.URL.Scheme = "gopher" }, false},
		"too many hops":    {t.Context(), p.url("redirect", "sig", query, "loop", "1"), nil, false},
		"bad Location":     {t.Context(), p.url("redirect", "sig", query, "to", "http://[::1"+query), nil, false},
		"Location to file": {t.Context(), p.url("redirect", "sig", query, "to", "file:///"+path+"?"+query), nil, false},
		"fine":             {t.Context(), p.url("echo", "sig", query), nil, false},
	} {
		req := p.request(c.ctx, "GET", c.url, nil)
		req.Header.Set("Authorization", "Bearer "+header)
		req.URL.User = nil
		if c.edit != nil {
			c.edit(req)
		}
		resp, err := tr.Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		if (err == nil) != (name == "fine") {
			t.Errorf("%s: %v", name, err)
		}
		for _, text := range texts(err) {
			for _, s := range secrets {
				if strings.Contains(text, s) {
					t.Errorf("%s: an error text has a secret in it: %s", name, text)
				}
			}
		}
	}
	for _, s := range append(secrets, "/t/") {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log has %q in it:\n%s", s, log.String())
		}
	}
	if n := strings.Count(log.String(), "http exchange"); n < 8 || !strings.Contains(log.String(), "status=200") {
		t.Errorf("the log has %d lines:\n%s", n, log.String())
	}
}

// texts returns the texts of every error in a chain.
func texts(err error) []string {
	if err == nil {
		return nil
	}
	list := []string{err.Error()}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		list = append(list, texts(u.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, e := range u.Unwrap() {
			list = slices.Concat(list, texts(e))
		}
	}
	return list
}

// TestPlatformPhaseTimeouts lets a phase exceed its limit where the platform keeps limits. Where
// it keeps none, nothing is sent.
func TestPlatformPhaseTimeouts(t *testing.T) {
	p := newPlatform(t)
	send := func(scenario string, opts transport.RequestOptions) (*http.Response, error) {
		return p.tr.RoundTrip(p.request(transport.WithRequestOptions(t.Context(), opts), "GET", p.url(scenario), nil))
	}
	const short, long = 200 * time.Millisecond, time.Hour
	for name, opts := range map[string]transport.RequestOptions{
		"ConnectTimeout": {ConnectTimeout: -1}, "FirstByteTimeout": {FirstByteTimeout: -1}, "BetweenBytesTimeout": {BetweenBytesTimeout: -1},
	} {
		if _, err := send("echo", opts); !errors.Is(err, transport.KindInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("negative %s: %v", name, err)
		}
	}
	if !p.tr.Capabilities().Has(driver.PhaseTimeout) {
		for name, opts := range map[string]transport.RequestOptions{
			"ConnectTimeout": {ConnectTimeout: long}, "FirstByteTimeout": {FirstByteTimeout: long}, "BetweenBytesTimeout": {BetweenBytesTimeout: long},
		} {
			_, err := send("echo", opts)
			var feature *transport.Unsupported
			if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &feature) || feature.Feature != name {
				t.Errorf("%s: got %v, want KindUnsupported", name, err)
			}
		}
		if seen := p.events(conformance.EventRequest, 0); len(seen) != 0 {
			t.Errorf("refused calls reached the origin: %v", seen)
		}
		return
	}
	_, err := send("hang", transport.RequestOptions{ConnectTimeout: long, FirstByteTimeout: short, BetweenBytesTimeout: long})
	if !errors.Is(err, transport.KindTimeout) || errors.Is(err, context.Canceled) {
		t.Errorf("first byte: got %v, want KindTimeout", err)
	}
	resp, err := send("gate", transport.RequestOptions{ConnectTimeout: long, FirstByteTimeout: long, BetweenBytesTimeout: short})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); !errors.Is(err, transport.KindTimeout) || len(got) == 0 {
		t.Errorf("between bytes: %d bytes and %v, want some and KindTimeout", len(got), err)
	}
	p.events(conformance.EventGone, 2)
}
