// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
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

// A program that has seen enough may stop the transfer where it sees it.
func TestPlatformProgressCloses(t *testing.T) {
	p := newPlatform(t)
	stop := make(chan io.Closer, 1)
	calls := 0
	ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{Progress: func(pr transport.Progress) {
		if calls++; calls == 1 {
			(<-stop).Close()
		}
	}})
	resp := p.send(p.request(ctx, "GET", p.url("bytes", "size", "5000000"), nil))
	stop <- resp.Body
	n, err := io.Copy(io.Discard, resp.Body)
	if !errors.Is(err, http.ErrBodyReadAfterClose) || n >= 5000000 || calls != 1 {
		t.Errorf("%d bytes, %d calls, %v", n, calls, err)
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

// TestPlatformResponseHeaderTimeoutUpload has an origin that takes nothing of the body for longer
// than the limit, and answers then. Where the platform streams, the request has no end until then
// and the limit has not begun. Where it gathers, the limit has begun before the upload.
func TestPlatformResponseHeaderTimeoutUpload(t *testing.T) {
	p := newPlatform(t)
	const size = 32 << 20 // more than fits between the platform and the origin
	gathers := !p.tr.Capabilities().Has(driver.UploadStreamHTTP1)
	ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{ResponseHeaderTimeout: 300 * time.Millisecond})
	for _, known := range []bool{true, false} {
		body := bytes.NewReader(make([]byte, size))
		req := p.request(ctx, "POST", p.url("delay", "ms", "2000"), body)
		if !known {
			req.ContentLength, req.GetBody = -1, nil
		}
		resp, err := p.tr.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if errors.Is(err, transport.KindTimeout) != gathers {
			t.Errorf("known %v, gathers %v: %v", known, gathers, err)
		}
		if gathered := body.Len() == 0; gathered != gathers {
			t.Errorf("known %v, gathers %v: %d bytes were not read", known, gathers, body.Len())
		}
	}
}

// secretRow is one thing that can go wrong in TestPlatformSecrets.
type secretRow struct {
	url  string
	edit func(*http.Request)
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
	for name, c := range map[string]secretRow{
		"refused":          {dead, nil},
		"unknown host":     {"http://no-such-host.invalid", nil},
		"not TLS":          {strings.Replace(p.url("echo"), "http:", "https:", 1), nil},
		"canceled":         {p.url("echo"), func(r *http.Request) { *r = *r.WithContext(canceled) }},
		"header timeout":   {p.url("hang"), nil},
		"cut":              {p.url("cut"), nil}, // in the body
		"illegal header":   {p.url("echo"), func(r *http.Request) { r.Header["X"] = []string{header + "\n"} }},
		"illegal host":     {p.url("echo"), func(r *http.Request) { r.URL.Host = "a b"; r.Host = "" }},
		"illegal query":    {p.url("echo"), func(r *http.Request) { r.URL.RawQuery += "\n" }},
		"illegal opaque":   {p.url("echo"), func(r *http.Request) { r.URL.Opaque = "//" + user + ":" + pass + "@" + r.URL.Host + "/" + path + "\n" }},
		"no host":          {p.url("echo"), func(r *http.Request) { r.URL.Host, r.Host = "", "" }},
		"scheme":           {p.url("echo"), func(r *http.Request) { r.URL.Scheme = "gopher" }},
		"too many hops":    {p.url("redirect", "loop", "1"), nil},
		"bad Location":     {p.url("redirect", "to", "http://[::1"+query), nil},
		"Location to file": {p.url("redirect", "to", "file:///"+path+"?"+query), nil},
		"Location refused": {p.url("redirect", "to", strings.Replace(dead, "//", "//"+user+":"+pass+"@", 1)+"/"+path+"?"+query), nil},
		"fine":             {p.url("echo"), nil},
	} {
		req := p.request(t.Context(), "GET", c.url, nil)
		req.URL.User = url.UserPassword(user, pass) // which the transport has to hide from a page
		req.URL.Path += "/" + path
		req.URL.RawQuery += "&sig=" + query
		req.Header.Set("Authorization", "Bearer "+header)
		req.Header.Set("X-Copy-Source", "http://"+user+":"+pass+"@h/"+path+"?"+header)
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
			for _, s := range append(secrets, "/t/") {
				if strings.Contains(text, s) {
					t.Errorf("%s: an error text has %q in it: %s", name, s, text)
				}
			}
		}
	}
	for _, s := range append(secrets, "/t/") {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log has %q in it:\n%s", s, log.String())
		}
	}
	// Each row that is not refused before it is sent has at least one line, at the level of its end.
	const sent = 10
	if n := strings.Count(log.String(), "http exchange"); n < sent || strings.Count(log.String(), "level=WARN") < 5 || !strings.Contains(log.String(), "status=200") {
		t.Errorf("the log has %d lines:\n%s", n, log.String())
	}
	// What is looked for was there to be found: the origin saw it.
	var seen struct {
		Target string
		Header http.Header
	}
	for _, e := range p.events(conformance.EventRequest, 1) {
		if err := json.Unmarshal(e.Data, &seen); err != nil || !strings.Contains(seen.Target, path+"?") || !strings.Contains(seen.Target, query) || seen.Header.Get("Authorization") != "Bearer "+header {
			t.Errorf("the origin saw %s, %v", e.Data, err)
		}
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
