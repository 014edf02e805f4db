// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// class is what an error has to be: of one of the kinds, a time limit or not, and worth
// another try or not.
type class struct {
	kinds   []driver.Kind
	timeout bool
	final   bool
	matches error  // something else that errors.Is has to find; nil for nothing
	text    string // what its text has to name
}

// The classes. What a server does wrong is a failure of the network where the engine does not
// say what it was. The end of a context is not final: azcore looks at its own context, and the one
// that has ended may have been that of a single try.
var (
	ofNetwork     = class{kinds: []driver.Kind{driver.KindNetwork}}
	ofServer      = class{kinds: []driver.Kind{driver.KindProtocol, driver.KindNetwork}}
	ofTruncation  = class{kinds: []driver.Kind{driver.KindNetwork}, matches: io.ErrUnexpectedEOF}
	ofCertificate = class{kinds: []driver.Kind{driver.KindTLS}, final: true, text: "certificate is not trusted"}
	ofRequest     = class{kinds: []driver.Kind{driver.KindInvalid}, final: true}
	ofPlatform    = class{kinds: []driver.Kind{driver.KindUnsupported}, final: true, matches: errors.ErrUnsupported}
	ofLimit       = class{kinds: []driver.Kind{driver.KindLimit}, final: true}
	ofDenial      = class{kinds: []driver.Kind{driver.KindDenied}, final: true, matches: fs.ErrPermission}
	ofCancel      = class{kinds: []driver.Kind{driver.KindCanceled}, matches: context.Canceled}
	ofDeadline    = class{kinds: []driver.Kind{driver.KindTimeout}, timeout: true, matches: context.DeadlineExceeded}
)

// classified is one way to an error, and what that error has to be.
type classified struct {
	what  string
	class class
	sent  bool // the origin has to see the request; one with a deadline it may not see in time
	err   error
}

// named is the class of errors that also have to name something.
func (c class) named(text string) class {
	c.text = text
	return c
}

// errorsOfAllClasses makes one error or more of every class that the platform has.
func errorsOfAllClasses(t *T) []classified {
	// Those first that wait for the origin to be at a gate: they count.
	list := slices.Concat(t.endedByContext(), t.brokenOnTheWay(), t.refusedBefore(), t.refusedByPlatform(), t.overLimits())
	sent := 0
	for _, c := range list {
		if c.sent {
			sent++
		}
	}
	t.Requests(sent, 2*sent) // an engine may repeat what has broken off
	return list
}

// errorOf performs an exchange, up to the end of the response, and returns what it ends with.
func (t *T) errorOf(tr Transport, req *http.Request) error {
	resp, err := t.TryOn(tr, req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	return err
}

// endedByContext are calls whose context ends: before, while they wait for the header, and
// while the body is read.
func (t *T) endedByContext() []classified {
	within := func(scenario string, limit time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		return t.endOf(scenario, ctx, func() {})
	}
	gates := 0
	cancel := func(scenario string) error {
		ctx, cancel := t.cancelable()
		gates++
		return t.endOf(scenario, ctx, func() {
			t.Wait(EventGateWait, gates)
			cancel()
		})
	}
	before, stop := t.cancelable()
	stop()
	return []classified{
		{"canceled before the call", ofCancel, false, t.endOf("echo", before, func() {})},
		{"canceled while waiting for the header", ofCancel, true, cancel("hang")},
		{"canceled in the body", ofCancel, true, cancel("gate")},
		{"a deadline before the call", ofDeadline, false, within("echo", 0)},
		{"a deadline while waiting for the header", ofDeadline, false, within("hang", 400*time.Millisecond)},
		{"a deadline in the body", ofDeadline, false, within("gate", 400*time.Millisecond)},
	}
}

// endOf returns what a call ends with once its context has ended, which end sees to. If it does
// not end, the case does.
func (t *T) endOf(scenario string, ctx context.Context, end func()) error {
	o := &outcome{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.err = t.errorOf(t.tr, t.RequestContext(ctx, http.MethodGet, t.URL(scenario), nil))
	}()
	end()
	if !t.Within("the end of a call whose context has ended", o.done) {
		t.Fatalf("%s: the call does not end", scenario)
	}
	return o.err
}

// brokenOnTheWay are exchanges that the network or the server spoils.
func (t *T) brokenOnTheWay() []classified {
	script := func(name string) error {
		return t.errorOf(t.tr, t.Request(http.MethodPost, t.freshURL(name), strings.NewReader("body")))
	}
	// A reset, as soon as the header has been sent.
	t.Release("go")
	list := []classified{
		{"a refused connection", ofNetwork, false, t.errorOf(t.tr, t.Get(t.Addresses().Dead+"/"))},
		{"an unknown host", ofNetwork, false, t.errorOf(t.tr, t.Get("http://nothing.invalid/"))},
		{"closed before the response", ofServer, true, script("close")},
		{"reset before the response", ofServer, true, script("reset")},
		{"reset in the header", ofServer, true, script("reset-header")},
		{"reset in the body", ofServer, true, script("reset-body")},
		{"a body that is too short", ofTruncation, true, script("short")},
		{"a chunk that is too short", ofTruncation, true, script("cut-chunk")},
		{"a bad status line", ofServer, true, script("status-line-8")},
		{"two lengths", ofServer, true, script("length-conflict")},
		{"a bad chunk", ofServer, true, script("chunk-letters")},
	}
	certificate := ofCertificate
	if !t.Has(driver.CauseTLS) {
		certificate = ofNetwork
	}
	return append(list, classified{"a certificate of an unknown authority", certificate, false,
		t.errorOf(t.tr, t.Get(ScenarioURL(t.Addresses().BadCA, t.Token(), "status")))})
}

// refusedBefore are requests that nobody has to look at.
func (t *T) refusedBefore() []classified {
	spoiled := func(spoil func(*http.Request)) error {
		req := t.Get(t.URL("echo"))
		spoil(req)
		return t.errorOf(t.tr, req)
	}
	return []classified{
		{"a bad method", ofRequest, false, spoiled(func(r *http.Request) { r.Method = "BAD METHOD" })},
		{"a bad scheme", ofRequest, false, spoiled(func(r *http.Request) { r.URL.Scheme = "ftp" })},
		{"a bad port", ofRequest, false, spoiled(func(r *http.Request) { r.URL.Host = "127.0.0.1:99999" })},
		{"a length of another body", ofRequest, false, spoiled(func(r *http.Request) { r.Header.Set("Content-Length", "7") })},
	}
}

// refusedByPlatform are what this platform cannot do, or is not allowed to.
func (t *T) refusedByPlatform() []classified {
	var list []classified
	add := func(what string, class class, sent bool, err error) {
		list = append(list, classified{what, class, sent, err})
	}
	for _, name := range []string{"Upgrade", "Transfer-Encoding"} {
		if slices.Contains(t.tr.Capabilities().ForbiddenHeaders(), name) {
			req := t.Get(t.URL("echo"))
			req.Header.Set(name, "something")
			add("the header "+name, ofPlatform.named(name), false, t.errorOf(t.tr, req))
		}
	}
	if !t.Has(driver.Proxy) {
		config := driver.Config{Proxy: http.ProxyFromEnvironment}
		_, err := t.New(Config{Config: config})
		add("a proxy", ofPlatform.named("Proxy"), false, err)
	}
	if !t.Has(driver.RedirectExpose) {
		tr, err := t.New(Config{Redirect: "manual"})
		if err == nil {
			err = t.errorOf(tr, t.Get(t.redirectURL("302", t.URL("echo"))))
		}
		add("a redirect that the platform hides", ofPlatform, true, err)
	}
	if t.Has(driver.Denied) && t.Offers(featureGrants) {
		add("a host that is not granted", ofDenial, false, t.errorOf(t.tr, t.Get("http://192.0.2.1/"))) // RFC 5737
	}
	return list
}

// overLimits are calls that exceed a limit which the platform keeps.
func (t *T) overLimits() []classified {
	var list []classified
	exceed := func(what string, class class, sent bool, config Config, req *http.Request) {
		tr, err := t.New(config)
		if err == nil {
			err = t.errorOf(tr, req)
		}
		list = append(list, classified{what, class, sent, err})
	}
	if t.Has(driver.LimitHeader) {
		exceed("a large header", ofLimit, true, Config{Config: driver.Config{MaxResponseHeaderBytes: 64 << 10}},
			t.Get(t.URL("headers", "X-Test", strings.Repeat("h", 96<<10))))
	}
	if !t.Has(driver.UploadStreamHTTP1) { // so that it is gathered
		exceed("a large body", ofLimit, false, Config{Config: driver.Config{MaxBufferedBody: 10}},
			t.Request(http.MethodPost, t.URL("echo"), unsized(make([]byte, 100))))
	}
	if t.Has(driver.PhaseTimeout) {
		exceed("the limit of the first byte", ofDeadline, false, phaseLimits("first byte"), t.Get(t.URL("delay", "ms", "5000")))
	}
	return list
}

// timeoutClass wants every error to be of its kind, and only those of time limits to be
// timeouts.
func timeoutClass(t *T) {
	for _, c := range errorsOfAllClasses(t) {
		if !t.True(c.err != nil, "%s: no error", c.what) {
			continue
		}
		t.kind(c.what, c.err, c.class.kinds...)
		var ne net.Error
		if t.True(errors.As(c.err, &ne), "%s: %v is no net.Error", c.what, c.err) {
			t.True(ne.Timeout() == c.class.timeout, "%s: that it is a timeout is %v for %v", c.what, ne.Timeout(), c.err)
		}
		t.True(c.class.matches == nil || errors.Is(c.err, c.class.matches), "%s: %v does not match %v", c.what, c.err, c.class.matches)
		t.True(strings.Contains(c.err.Error(), c.class.text), "%s: %v does not say %q", c.what, c.err, c.class.text)
	}
}

// retryClass wants those errors to be marked as final after which another try is of no use,
// and no others.
func retryClass(t *T) {
	for _, c := range errorsOfAllClasses(t) {
		t.True(final(c.err) == c.class.final, "%s: marked as final is %v for %v", c.what, final(c.err), c.err)
	}
}
