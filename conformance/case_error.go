// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func erCases() []Case {
	return []Case{
		gated("ER-01", driver.CauseRefused, refusedCause, refusedBare),
		gated("ER-02", driver.CauseDNS, unknownHostCause, unknownHostBare),
		must("ER-03", noResponse),
		must("ER-04", headerReset),
		must("ER-05", badStatusLine),
		must("ER-06", badLength),
		gated("ER-07", driver.CauseTLS, certificateCause(untrusted), certificateBare(untrusted)),
		gated("ER-08", driver.CauseTLS, certificateCause(unfitting), certificateBare(unfitting)),
		must("ER-09", tlsToPlain),
		must("ER-10", corsMissing),
		must("ER-11", preflightRefused, Count(EventRequest, 0), AtLeast(EventPreflight, 1)),
		must("ER-12", mixedContent),
		must("ER-13", timeoutClass).within(20 * time.Second),
		must("ER-14", retryClass).within(20 * time.Second),
		must("ER-15", wrapping),
		must("ER-16", brokenPlatform),
		gated("ER-17", driver.Denied, hostDenies, hostGrants),
		must("ER-18", injectedCodes, Nothing()),
	}
}

// network asserts the kinds of a failure on the way.
func (t *T) network(what string, err error) {
	t.kind(what, err, driver.KindNetwork)
	var ne net.Error
	t.True(!errors.As(err, &ne) || !ne.Timeout(), "%s: %v says that it is a timeout", what, err)
	t.True(!final(err), "%s: %v is marked as final", what, err)
}

func refusedBare(t *T) {
	o := t.start(t.Get(t.Addresses().Dead + "/"))
	if t.Within("the call's return", o.done) {
		t.network("a refused connection", o.err)
		t.True(!errors.Is(o.err, syscall.ECONNREFUSED), "%v matches ECONNREFUSED, which is not declared", o.err)
	}
	t.Requests(0, 0)
}

func refusedCause(t *T) {
	o := t.start(t.Get(t.Addresses().Dead + "/"))
	if t.Within("the call's return", o.done) {
		t.network("a refused connection", o.err)
		t.True(errors.Is(o.err, syscall.ECONNREFUSED), "%v does not match ECONNREFUSED", o.err)
	}
	t.Requests(0, 0)
}

func unknownHost(t *T) error {
	// A name of RFC 6761 that is never there.
	err := t.Fail(t.Get("http://nothing.invalid/"))
	t.Requests(0, 0)
	return err
}

func unknownHostBare(t *T) {
	err := unknownHost(t)
	t.network("an unknown host", err)
	var de *net.DNSError
	t.True(!errors.As(err, &de), "%v has a *net.DNSError, which is not declared", err)
}

func unknownHostCause(t *T) {
	err := unknownHost(t)
	t.network("an unknown host", err)
	var de *net.DNSError
	t.True(errors.As(err, &de), "%v has no *net.DNSError", err)
}

func noResponse(t *T) {
	for _, name := range []string{"close", "reset"} {
		err := t.Fail(t.Request(http.MethodPost, t.freshURL(name), strings.NewReader("body")))
		// wasmtime says HTTP-protocol-error of both.
		t.kind(name, err, driver.KindNetwork, driver.KindProtocol)
		t.True(!final(err), "%s: %v is marked as final", name, err)
	}
	t.Requests(2, 2)
}

// freshURL is the address of a script on a host that nothing else of the suite asks, so that a
// page has no connection to it yet; scripts close theirs. On one that has served before,
// Chromium repeats what breaks before the header is in, even a POST, until it has none such
// left: the contract has that as the engine's own.
func (t *T) freshURL(script string) string {
	u := t.URL("script", "name", script)
	if t.Page() {
		u = strings.Replace(u, "//127.0.0.1:", "//localhost:", 1)
	}
	return u
}

func headerReset(t *T) {
	resp, err := t.Try(t.Request(http.MethodPost, t.freshURL("reset-header"), strings.NewReader("body")))
	if t.True(err != nil, "half a header was taken for a response: %v", resp != nil) {
		t.kind("half a header", err, driver.KindNetwork, driver.KindProtocol)
	}
	t.Requests(1, 1)
}

func badStatusLine(t *T) {
	for i, line := range badStatusLines() {
		resp, err := t.Try(t.Request(http.MethodPost, t.freshURL("status-line-"+strconv.Itoa(i)), strings.NewReader("body")))
		if err == nil {
			t.Errorf("%q was accepted: %s", line, resp.Status)
			continue
		}
		// Where the engine does not say what was wrong, it is a failure of the network.
		t.kind(line, err, driver.KindProtocol, driver.KindNetwork)
		t.True(!final(err), "%q: %v is marked as final", line, err)
	}
	t.Requests(len(badStatusLines()), len(badStatusLines()))
}

// badLength has answers of which nobody can say where they end. Another message follows each of
// them, of which nothing may be taken for the body, even where an error comes behind it.
func badLength(t *T) {
	for _, name := range []string{"length-conflict", "length-plus", "length-minus"} {
		resp, err := t.Try(t.Get(t.URL("script", "name", name)))
		var data []byte
		if err == nil {
			data, err = io.ReadAll(resp.Body)
		}
		t.True(strings.HasPrefix("hello", string(data)), "%s: the body is %q, which has something of the next message", name, data)
		if t.True(err != nil, "%s: accepted, with the body %q", name, data) {
			t.kind(name, err, driver.KindProtocol, driver.KindNetwork)
			t.True(!final(err), "%s: %v is marked as final", name, err)
		}
	}
	t.Requests(3, 3)
}

// tlsToPlain has client and server speak past each other. For the plain request it is a listener
// that knows no HTTP/1.1: those of net/http answer one, and say that they want TLS.
func tlsToPlain(t *T) {
	for what, url := range map[string]string{
		"TLS to a plain port": strings.Replace(t.Addresses().Main, "http:", "https:", 1) + "/",
		"plain to a TLS port": strings.Replace(t.Addresses().H2Raw, "https:", "http:", 1) + "/",
	} {
		o := t.start(t.Get(url))
		if !t.Within(what, o.done) || !t.True(o.err != nil, "%s: got a response", what) {
			continue
		}
		t.Logf("%s: %v", what, o.err)
		kinds := []driver.Kind{driver.KindNetwork, driver.KindProtocol}
		if strings.HasPrefix(url, "https:") {
			kinds = append(kinds, driver.KindTLS)
		}
		t.kind(what, o.err, kinds...)
		t.True(final(o.err) == errors.Is(o.err, driver.KindTLS), "%s: marked as final is %v for %v", what, final(o.err), o.err)
	}
	t.Requests(0, 0)
}

func corsMissing(t *T) {
	for _, policy := range []string{"none", "wrong-origin"} {
		t.network(policy, t.Fail(t.Get(t.OtherURL("echo", "cors", policy))))
	}
}

func preflightRefused(t *T) {
	t.network("PUT", t.Fail(t.Request(http.MethodPut, t.OtherURL("echo", "cors", "deny"), strings.NewReader("body"))))
	req := t.Get(t.OtherURL("echo", "cors", "deny"))
	req.Header.Set("X-Test", "a")
	t.network("GET with a field", t.Fail(req))
}

func wrapping(t *T) {
	for what, base := range map[string]string{"refused": t.Addresses().Dead + "/", "closed": t.URL("script", "name", "close")} {
		_, err := t.Client().Do(t.Request(http.MethodPost, base, strings.NewReader("body")))
		ue, ok := err.(*url.Error)
		if !t.True(ok, "%s: http.Client gives %T", what, err) {
			continue
		}
		var inner *url.Error
		t.True(!errors.As(ue.Err, &inner), "%s: there is a second *url.Error in %v", what, err)
		var e *driver.Error
		t.True(errors.As(err, &e), "%s: there is no *driver.Error in %v", what, err)
		err = t.Fail(t.Request(http.MethodPost, base, strings.NewReader("body")))
		t.True(!errors.As(err, &inner), "%s: RoundTrip adds a *url.Error: %v", what, err)
	}
}

// brokenPlatform has platforms without fetch, or with one that breaks its word. A platform that
// lacks it cannot do anything; of the others nobody knows what was wrong.
func brokenPlatform(t *T) {
	for how, kind := range map[string]driver.Kind{
		"missing": driver.KindUnsupported, "throws": driver.KindNetwork, "rejects": driver.KindNetwork,
	} {
		tr, err := t.New(Config{Broken: how})
		if err == nil {
			_, err = t.TryOn(tr, t.Get(t.URL("echo")))
		}
		if t.True(err != nil, "%s: no error", how) {
			t.kind(how, err, kind)
			t.Equal(how+": marked as final", final(err), how == "missing")
		}
	}
	t.Requests(0, 0)
}

func hostDenies(t *T) {
	// An address of RFC 5737, which no host grants to its tests.
	err := t.Fail(t.Get("http://192.0.2.1/"))
	t.kind("outside of the grant", err, driver.KindDenied)
	t.True(final(err), "%v is not marked as final", err)
	t.Requests(0, 0)
}

func hostGrants(t *T) { t.Equal("status", t.Send(t.Get(t.URL("echo"))).StatusCode, 200) }
