// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// secretsBudget is for the whole list of failures of SC-03.
const secretsBudget = 40 * time.Second

// The secrets that each request of SC-03 carries. The token is one more: it is part of the
// path.
const (
	secretUser     = "secretuser"
	secretPassword = "secretpassword"
	secretPath     = "secretpath"
	secretQuery    = "secretquery"
	secretHeader   = "secretheader"
	secretLocation = "secretlocation"
)

// failure is one way to an error. A lenient one is judged by the engine, which may take a
// broken answer for a good one: other cases are about that.
type failure struct {
	lenient bool
	run     func() error
}

// secretsInErrors goes all the ways to errors that the other cases have, each with secrets in
// every part of the request.
func secretsInErrors(t *T) {
	t.Allow("Referer")
	all := make(map[string]failure)
	for _, list := range []map[string]failure{
		t.invalidFailures(), t.networkFailures(), t.contextFailures(), t.redirectFailures(), t.uploadFailures(), t.bodyFailures(),
	} {
		maps.Copy(all, list)
	}
	for _, what := range slices.Sorted(maps.Keys(all)) {
		err := all[what].run()
		if t.Context().Err() != nil {
			t.Fatalf("%s: did not end in time", what)
		}
		if err == nil {
			t.True(all[what].lenient, "%s: no error", what)
			continue
		}
		t.keepsSecrets(what, err)
	}
	t.Requests(0, 3*len(all)) // Chromium repeats some
	t.Expect(AtLeast(EventRequest, 10))
}

// keepsSecrets looks at every error of a chain.
func (t *T) keepsSecrets(what string, err error) {
	for _, secret := range []string{
		secretUser, secretPassword, secretPath, secretQuery, secretHeader, secretLocation, t.Token(), "sig=", "/t/",
	} {
		for _, e := range chainOf(err) {
			for _, text := range []string{e.Error(), fmt.Sprintf("%+v", e)} {
				t.True(!strings.Contains(strings.ToLower(text), strings.ToLower(secret)), "%s: %q, of type %T, has %s in it", what, text, e, secret)
			}
		}
	}
}

// chainOf returns an error and all that it wraps.
func chainOf(err error) []error {
	if err == nil {
		return nil
	}
	list := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		list = append(list, chainOf(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			list = append(list, chainOf(inner)...)
		}
	}
	return list
}

// secretRequest makes a request with a secret in every part of it.
func (t *T) secretRequest(method, target string, body io.Reader) *http.Request {
	req := t.Request(method, target, body)
	req.URL.User = url.UserPassword(secretUser, secretPassword)
	req.URL.Path += "/" + secretPath
	if req.URL.RawQuery != "" {
		req.URL.RawQuery += "&"
	}
	req.URL.RawQuery += "sig=" + secretQuery
	req.Header.Set("Authorization", "Bearer "+secretHeader)
	req.Header.Set("Ocp-Apim-Subscription-Key", secretHeader)
	req.Header.Set("X-Ms-Copy-Source", "http://elsewhere.test/"+secretPath+"?sig="+secretHeader)
	if t.Has(driver.HeaderCookie) {
		req.Header.Set("Cookie", "session="+secretHeader)
	}
	return req
}

func (t *T) secretGet(target string) *http.Request {
	return t.secretRequest(http.MethodGet, target, nil)
}

// fails makes a failure of a request that goes wrong before there is a response.
func (t *T) fails(req *http.Request) failure {
	return failure{run: func() error {
		_, err := t.Try(req)
		return err
	}}
}

// breaks makes a failure of a request that goes wrong before there is a response, or after.
func (t *T) breaks(req *http.Request) failure {
	return failure{run: func() error {
		resp, err := t.Try(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
		}
		return err
	}}
}

func (f failure) leniently() failure {
	f.lenient = true
	return f
}

// spoiled makes a request that package transport has to refuse.
func (t *T) spoiled(spoil func(*http.Request)) failure {
	req := t.secretRequest(http.MethodPost, t.URL("echo"), strings.NewReader("body"))
	spoil(req)
	return t.fails(req)
}

func (t *T) invalidFailures() map[string]failure {
	refused := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, secretHeader) }
	}
	list := map[string]failure{
		"ER method":          t.spoiled(func(r *http.Request) { r.Method = "BAD METHOD" }),
		"ER scheme":          t.spoiled(func(r *http.Request) { r.URL.Scheme = "ftp" }),
		"ER no scheme":       t.spoiled(func(r *http.Request) { r.URL.Scheme = "" }),
		"ER port":            t.spoiled(func(r *http.Request) { r.URL.Host = "127.0.0.1:99999" }),
		"ER no host":         t.spoiled(func(r *http.Request) { r.URL.Host, r.Host = "", "" }),
		"ER host":            t.spoiled(func(r *http.Request) { r.URL.Host = "a b" }),
		"ER Host":            t.spoiled(func(r *http.Request) { r.Host = "a b" }),
		"ER query":           t.spoiled(func(r *http.Request) { r.URL.RawQuery += "\n" }),
		"ER opaque":          t.spoiled(func(r *http.Request) { r.URL.Opaque = "//" + r.URL.Host + "/" + secretPath + "\n" }),
		"ER header name":     t.spoiled(func(r *http.Request) { r.Header["X Test"] = []string{secretHeader} }),
		"ER header value":    t.spoiled(func(r *http.Request) { r.Header["X-Test"] = []string{secretHeader + "\n"} }),
		"ER length":          t.spoiled(func(r *http.Request) { r.Header.Set("Content-Length", "7") }),
		"ER no header":       t.spoiled(func(r *http.Request) { r.Header = nil }),
		"ER coding":          t.spoiled(func(r *http.Request) { r.TransferEncoding = []string{secretHeader} }),
		"ER trailer":         t.spoiled(func(r *http.Request) { r.Trailer = http.Header{"X-Test": {secretHeader}} }),
		"ER Transfer-Encode": t.spoiled(refused("Transfer-Encoding")),
		"ER cookie":          t.spoiled(refused("Cookie")).leniently(),
		"ER proxy":           t.spoiled(refused("Proxy-Authorization")).leniently(),
		"ER other host":      t.spoiled(func(r *http.Request) { r.Host = secretUser + ".test" }).leniently(),
	}
	list["ER nil URL"] = t.spoiled(func(r *http.Request) { r.URL = nil })
	return list
}

func (t *T) networkFailures() map[string]failure {
	a := t.Addresses()
	post := func(script string) *http.Request {
		return t.secretRequest(http.MethodPost, t.URL("script", "name", script), strings.NewReader("body"))
	}
	list := map[string]failure{
		"ER refused":          t.fails(t.secretGet(a.Dead)),
		"ER unknown host":     t.fails(t.secretGet("http://nothing.invalid")),
		"ER TLS to plain":     t.fails(t.secretGet(strings.Replace(t.URL("echo"), "http:", "https:", 1))),
		"ER foreign CA":       t.fails(t.secretGet(ScenarioURL(a.BadCA, t.Token(), "echo"))),
		"ER other name":       t.fails(t.secretGet(ScenarioURL(a.BadName, t.Token(), "echo"))),
		"ER expired":          t.fails(t.secretGet(ScenarioURL(a.Expired, t.Token(), "echo"))),
		"ER header flood":     t.fails(t.secretGet(t.URL("script", "name", "header-flood"))),
		"ER length conflict":  t.breaks(post("length-conflict")).leniently(),
		"ER length plus":      t.breaks(post("length-plus")).leniently(),
		"ER length minus":     t.breaks(post("length-minus")).leniently(),
		"ER folded":           t.breaks(post("folded")).leniently(),
		"ER carriage return":  t.breaks(post("lone-cr")).leniently(),
		"ER without platform": {run: func() error { return t.brokenBy("missing") }, lenient: true},
		"ER platform throws":  {run: func() error { return t.brokenBy("throws") }, lenient: true},
		"ER platform rejects": {run: func() error { return t.brokenBy("rejects") }, lenient: true},
	}
	for _, script := range []string{"close", "reset", "reset-header"} {
		list["ER "+script] = t.fails(post(script))
	}
	list["ER close-header"] = t.fails(post("close-header")).leniently()
	for i, line := range badStatusLines() {
		list["ER "+line] = t.breaks(post(fmt.Sprint("status-line-", i))).leniently()
	}
	if t.Page() {
		list["ER no CORS"] = t.fails(t.secretGet(t.OtherURL("echo", "cors", "none")))
		list["ER preflight"] = t.fails(t.secretGet(t.OtherURL("echo", "cors", "deny")))
	}
	if t.Has(driver.Denied) {
		list["ER denied"] = t.fails(t.secretGet("http://192.0.2.1")).leniently() // a host may grant everything
	}
	return list
}

// brokenBy sends by a transport whose platform is defective; others have no such thing.
func (t *T) brokenBy(how string) error {
	if t.run.column != columnPage && t.run.column != columnServer {
		return nil
	}
	tr, err := t.New(Config{Broken: how})
	if err == nil {
		_, err = t.TryOn(tr, t.secretGet(t.URL("echo")))
	}
	return err
}

// bodyFailures are those of reading a response.
func (t *T) bodyFailures() map[string]failure {
	list := map[string]failure{
		"DN corrupt gzip": t.breaks(t.secretGet(t.URL("encoded", "coding", "gzip", "size", "20000", "corrupt", "1", "hold", "end"))),
		"DN cut gzip":     t.breaks(t.secretGet(t.URL("encoded", "coding", "gzip", "size", "20000", "cut", "5000"))).leniently(),
		"DN reset": {run: func() error {
			resp, err := t.Try(t.secretGet(t.URL("script", "name", "reset-body")))
			if err == nil {
				t.Release("go")
				_, err = io.Copy(io.Discard, resp.Body)
			}
			return err
		}},
		"DN after Close": {run: func() error {
			resp, err := t.Try(t.secretGet(t.URL("bytes")))
			if err == nil {
				resp.Body.Close()
				_, err = resp.Body.Read(make([]byte, 10))
			}
			return err
		}},
	}
	for _, script := range []string{"short", "absurd", "no-last-chunk", "cut-chunk"} {
		list["DN "+script] = t.breaks(t.secretGet(t.URL("script", "name", script)))
	}
	for _, script := range []string{
		"chunk-letters", "chunk-negative", "chunk-prefix", "chunk-overflow", "chunk-empty", "chunk-no-crlf",
	} {
		list["DN "+script] = t.breaks(t.secretGet(t.URL("script", "name", script))).leniently()
	}
	return list
}
