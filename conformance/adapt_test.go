// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
)

// view is a RoundTripper that says what it can do, and has none of the rest of a Transport.
type view struct{ tr conformance.Transport }

func (v view) RoundTrip(req *http.Request) (*http.Response, error) { return v.tr.RoundTrip(req) }

func (v view) CloseIdleConnections() { v.tr.CloseIdleConnections() }

func (v view) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.AllCapabilities()...).WithForbiddenHeaders("Transfer-Encoding", "Trailer")
}

// viewed is the backend of this platform, of which the suite is shown a view only.
func viewed(t *testing.T, change func(conformance.Transport) conformance.Transport) conformance.Backend {
	b := profile(t)
	b.New = func(tb conformance.TB, c conformance.Config) (conformance.Transport, error) {
		tr, err := newTransport(tb, c)
		if err != nil {
			return nil, err
		}
		return change(conformance.Adapt(view{tr}, driver.RedirectFollow, driver.Denied)), nil
	}
	return b
}

// A RoundTripper that is right passes the suite, although it has no Do of its own.
func TestAdaptedPasses(t *testing.T) {
	var ids []string
	for _, c := range conformance.Cases() {
		if c.Written() && c.Tier <= 2 && !c.Alone { // those alone measure, which has no part of Adapt in it
			ids = append(ids, c.ID)
		}
	}
	b := viewed(t, func(tr conformance.Transport) conformance.Transport { return tr })
	report, err := conformance.Check(t.Context(), b, conformance.Only(ids...))
	if err != nil {
		t.Fatal(err)
	}
	if totals := report.Totals(); len(report.Results) != len(ids) || totals[conformance.StatePass] < 170 {
		t.Errorf("%d results of %d cases: %v", len(report.Results), len(ids), totals)
	}
}

// spoiled is a transport whose Do has a fault, and whose RoundTrip has none.
type spoiled struct {
	conformance.Transport
	do func(send, *http.Request) (*http.Response, error)
}

func (s spoiled) Do(req *http.Request) (*http.Response, error) { return s.do(s.Transport.Do, req) }

// A Do that differs from RoundTrip, or from http.Client where there is a redirect, is found.
func TestDoIsCompared(t *testing.T) {
	answer := func(change func(*http.Response)) func(send, *http.Request) (*http.Response, error) {
		return func(next send, req *http.Request) (*http.Response, error) {
			resp, err := next(req)
			if err == nil {
				change(resp)
			}
			return resp, err
		}
	}
	ask := func(change func(*http.Request)) func(send, *http.Request) (*http.Response, error) {
		return func(next send, req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			change(req)
			return next(req)
		}
	}
	redirects := []string{"RD-03", "RD-04", "RD-05", "RD-07"}
	for what, c := range map[string]struct {
		do     func(send, *http.Request) (*http.Response, error)
		caught []string
	}{
		"none":                  {answer(func(*http.Response) {}), nil},
		"no response headers":   {answer(func(r *http.Response) { clear(r.Header) }), []string{"CT-07", "RD-03", "RD-04", "RD-05"}},
		"another status text":   {answer(func(r *http.Response) { r.Status += "!" }), []string{"CT-07", "RD-03", "RD-04", "RD-05"}},
		"a request header less": {ask(func(r *http.Request) { r.Header.Del("Authorization") }), []string{"CT-07"}},
		"a value less":          {ask(func(r *http.Request) { r.Header["X-Both"] = r.Header["X-Both"][:min(1, len(r.Header["X-Both"]))] }), []string{"CT-07"}},
		"another method":        {ask(func(r *http.Request) { r.Method = strings.Replace(r.Method, "POST", "PATCH", 1) }), []string{"CT-07", "RD-03"}},
		"no GetBody":            {ask(func(r *http.Request) { r.GetBody = nil }), []string{"RD-04"}},
		"a body read": {answer(func(r *http.Response) { io.CopyN(io.Discard, r.Body, 1) }),
			[]string{"CT-07", "RD-04", "RD-05"}},
	} {
		t.Run(what, func(t *testing.T) {
			b := viewed(t, func(tr conformance.Transport) conformance.Transport { return spoiled{tr, c.do} })
			caught(t, b, append([]string{"CT-07"}, redirects...), c.caught)
		})
	}
	t.Run("does not follow", func(t *testing.T) {
		b := viewed(t, func(tr conformance.Transport) conformance.Transport {
			return spoiled{tr, func(_ send, req *http.Request) (*http.Response, error) { return tr.RoundTrip(req) }}
		})
		caught(t, b, append([]string{"CT-07"}, redirects...), []string{"RD-03", "RD-04", "RD-07"})
	})
}

// What a request or a response has beside its header is compared, too.
func TestBesideTheHeader(t *testing.T) {
	ask := func(change func(*http.Request)) trip {
		return func(next send, req *http.Request) (*http.Response, error) {
			change(req)
			return next(req)
		}
	}
	answer := func(change func(*http.Response)) trip {
		return func(next send, req *http.Request) (*http.Response, error) {
			resp, err := next(req)
			if err == nil {
				change(resp)
			}
			return resp, err
		}
	}
	for what, c := range map[string]struct {
		trip   trip
		caught string
	}{
		"Close of the request":           {ask(func(r *http.Request) { r.Close = false }), "CT-05"},
		"Trailer of the request":         {ask(func(r *http.Request) { delete(r.Trailer, "X-Sum") }), "CT-05"},
		"TransferEncoding of it":         {ask(func(r *http.Request) { r.TransferEncoding = nil }), "CT-05"},
		"Close of the response":          {answer(func(r *http.Response) { r.Close = false }), "HR-10"},
		"TransferEncoding of it as well": {answer(func(r *http.Response) { r.TransferEncoding = nil }), "HR-10"},
		"CONNECT": {ask(func(r *http.Request) { r.Method = strings.Replace(r.Method, "CONNECT", "GET", 1) }),
			"RL-04"},
	} {
		t.Run(what, func(t *testing.T) {
			b := profile(t)
			b.New = func(tb conformance.TB, config conformance.Config) (conformance.Transport, error) {
				tr, err := newTransport(tb, config)
				if err != nil {
					return nil, err
				}
				return faulty{tr, tr.Capabilities(), c.trip}, nil
			}
			caught(t, b, []string{"CT-05", "HR-10", "RL-04"}, []string{c.caught})
		})
	}
}

// An option that is taken and then forgotten is found.
func TestOptionsForgotten(t *testing.T) {
	for what, c := range map[string]struct {
		forget func(*conformance.Config)
		caught []string
	}{
		"Proxy":                  {func(c *conformance.Config) { c.Proxy = nil }, []string{"CT-10", "RL-11"}},
		"TLSClientConfig":        {func(c *conformance.Config) { c.TLSClientConfig = nil }, []string{"CT-10"}},
		"MaxResponseHeaderBytes": {func(c *conformance.Config) { c.MaxResponseHeaderBytes = 0 }, []string{"CT-10"}},
		"DisableCompression":     {func(c *conformance.Config) { c.DisableCompression = false }, []string{"CT-10", "DN-20"}},
	} {
		t.Run(what, func(t *testing.T) {
			b := profile(t)
			b.New = func(tb conformance.TB, config conformance.Config) (conformance.Transport, error) {
				c.forget(&config)
				return newTransport(tb, config)
			}
			caught(t, b, []string{"CT-10", "DN-20", "RL-11"}, c.caught)
		})
	}
}

// caught runs a few cases and wants some of them to fail, and no other.
func caught(t *testing.T, b conformance.Backend, ids, want []string) {
	t.Helper()
	report, err := conformance.Check(t.Context(), b, conformance.Only(ids...), conformance.TimeScale(2))
	if report == nil || len(report.Results) != len(ids) {
		t.Fatalf("the suite did not run: %v", err)
	}
	failed := make(map[string]string)
	for _, res := range report.Failed() {
		failed[res.ID] = res.Reason
	}
	for _, id := range want {
		if _, ok := failed[id]; !ok {
			t.Errorf("%s does not catch it", id)
		}
		delete(failed, id)
	}
	for id, reason := range failed {
		t.Errorf("%s fails, too, which is not expected:\n%s", id, reason)
	}
}

// What Adapt takes from the RoundTripper, and what it does not.
func TestAdapt(t *testing.T) {
	plain := conformance.Adapt(new(http.Transport), driver.Denied)
	if c := plain.Capabilities(); c.Has(driver.Denied) || !c.Has(driver.Proxy) || len(c.ForbiddenHeaders()) > 0 {
		t.Errorf("of a plain RoundTripper: %v, %v", c, c.ForbiddenHeaders())
	}
	own := conformance.Adapt(view{plain}, driver.Proxy).Capabilities()
	if own.Has(driver.Proxy) || !own.Has(driver.Denied) || !own.ForbidsHeader("Trailer") {
		t.Errorf("of one that says what it can do: %v, %v", own, own.ForbiddenHeaders())
	}
}

// The errors of an adapted Do are those of the RoundTripper, and have no URL in them.
func TestAdaptedErrors(t *testing.T) {
	to := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	failing := errors.New("enough")
	do := func(rt http.RoundTripper) error {
		req, err := http.NewRequest(http.MethodGet, server.URL+"/?sig=secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := conformance.Adapt(rt).Do(req)
		if resp != nil || err == nil {
			t.Fatalf("got a response %v and the error %v", resp != nil, err)
		}
		return err
	}
	if err := do(roundTripper(func(*http.Request) (*http.Response, error) { return nil, failing })); err != failing {
		t.Errorf("got %v, want the RoundTripper's own error", err)
	}
	for location, want := range map[string]string{
		"http://[secret":                 "failed to parse Location header",
		server.URL + "/again?sig=secret": "stopped after 10 redirects",
	} {
		to = location
		if err := do(server.Client().Transport); err.Error() != want {
			t.Errorf("to %s: got %q, want %q", location, err, want)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
