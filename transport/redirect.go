// SPDX-License-Identifier: MIT

package transport

import (
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// maxRedirects is http.Client's limit.
const maxRedirects = 10

// drainLimit is how much of a redirect's own body is read so that its connection can be
// used again; a longer one is cut off.
const drainLimit = 2 << 10

// Do sends a request and follows redirects by the rules of http.Client: method and body
// by status code, at most 10 hops, no credentials to another host. Where the platform
// follows redirects by itself (pages), Do is RoundTrip. Options.CheckRedirect replaces
// the limit.
//
// Unlike http.Client, Do returns exactly one of response and error, has no cookie jar,
// and its errors are bare: a *url.Error would print the URL with its query, where a
// signature may be.
//
// Do makes a Transport a policy.Transporter of azcore.
func (t *Transport) Do(req *http.Request) (*http.Response, error) {
	if req == nil || req.URL == nil {
		return t.RoundTrip(req) // which says what is wrong
	}
	req, progress := overHops(req)
	chain := chain{first: req, withBody: true}
	for {
		resp, err := t.RoundTrip(withBasicAuth(req))
		if err != nil {
			return nil, err
		}
		next, err := chain.next(req, resp)
		if err != nil {
			resp.Body.Close()
			return nil, err
		}
		if next == nil {
			return resp, nil
		}
		err = t.mayRedirect(next, chain.via)
		if errors.Is(err, http.ErrUseLastResponse) {
			closeBody(next)
			return resp, nil
		}
		progress.pause(true)
		if resp.ContentLength <= drainLimit {
			io.CopyN(io.Discard, resp.Body, drainLimit)
		}
		resp.Body.Close()
		progress.pause(false)
		if err != nil {
			closeBody(next)
			return nil, asError(driver.OpSend, "", err)
		}
		req = next
	}
}

// mayRedirect asks Options.CheckRedirect, or applies the limit.
func (t *Transport) mayRedirect(next *http.Request, via []*http.Request) error {
	if t.checkRedirect == nil {
		if len(via) >= maxRedirects {
			// The text is net/http's; go-retryablehttp decides by it.
			return &Error{Op: driver.OpSend, Kind: KindLimit, Err: errorText("stopped after 10 redirects")}
		}
		return nil
	}
	return guarded(driver.OpSend, "CheckRedirect", func() error { return t.checkRedirect(next, via) })
}

// chain is what redirects so far have settled for those to come.
type chain struct {
	first    *http.Request
	via      []*http.Request // every request sent, the first one first
	withBody bool            // until a hop has dropped the body; it never comes back
	foreign  bool            // once a hop has left the first host; credentials never come back
}

// next returns the request that follows resp, or nil when resp is the last response.
func (c *chain) next(req *http.Request, resp *http.Response) (*http.Request, error) {
	method, ok := c.redirectMethod(req, resp)
	if !ok {
		return nil, nil
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, nil
	}
	target, err := req.URL.Parse(location)
	if err != nil {
		// The parser's text quotes the location; what remains is why.
		return nil, &Error{Op: driver.OpSend, Kind: KindProtocol, Err: errorText("failed to parse Location header")}
	}
	c.via = append(c.via, req)
	if c.first.URL.Host != target.Host && !sameSite(c.first.URL, target) {
		c.foreign = true
	}
	next := (&http.Request{
		Method:   method,
		URL:      target,
		Header:   c.header(),
		Response: resp,
		//lint:ignore SA1019 http.Client copies it, too.
		Cancel: c.first.Cancel,
	}).WithContext(c.first.Context())
	if req.Host != "" && req.Host != req.URL.Host {
		if u, err := url.Parse(location); err == nil && !u.IsAbs() {
			next.Host = req.Host // the server knows this host by another name
		}
	}
	if referer := referer(req.URL, target, next.Header.Get("Referer")); referer != "" {
		next.Header.Set("Referer", referer)
	}
	if c.withBody && c.first.GetBody != nil {
		var body io.ReadCloser
		err := guarded(driver.OpSend, "GetBody", func() (err error) {
			body, err = c.first.GetBody()
			return err
		})
		if err != nil {
			return nil, asError(driver.OpUpload, "", err)
		}
		next.Body, next.GetBody, next.ContentLength = body, c.first.GetBody, c.first.ContentLength
	}
	return next, nil
}

// redirectMethod returns the method of the request after resp, and whether there is one.
func (c *chain) redirectMethod(req *http.Request, resp *http.Response) (string, bool) {
	method := req.Method
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		c.withBody = false
		if method != http.MethodHead && method != "" {
			method = http.MethodGet
		}
		return method, true
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		hasBody := c.first.Body != nil && c.first.Body != http.NoBody
		// A body that cannot be had again cannot be sent again.
		return method, c.first.GetBody != nil || !hasBody
	}
	return "", false
}

// header returns the header of the next request: the first one's, less what another host
// must not see and what described a body that is gone.
func (c *chain) header() http.Header {
	h := make(http.Header, len(c.first.Header))
	for name, values := range c.first.Header {
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Www-Authenticate", "Cookie", "Cookie2", "Proxy-Authorization", "Proxy-Authenticate":
			if c.foreign {
				continue
			}
		case "Content-Encoding", "Content-Language", "Content-Location", "Content-Type":
			if !c.withBody {
				continue
			}
		case "Content-Length":
			// azcore writes it beside Request.ContentLength. http.Client
			// copies it and net/http then ignores it; here it is checked.
			if !c.withBody {
				continue
			}
		}
		h[name] = values
	}
	return h
}

// sameSite reports whether target's host is initial's or below it, which is as far as
// http.Client lets credentials go. Names are compared as they are written; a name beyond
// ASCII that is written in two ways counts as two.
func sameSite(initial, target *url.URL) bool {
	parent, sub := strings.ToLower(initial.Hostname()), strings.ToLower(target.Hostname())
	if parent == sub {
		return true
	}
	// An IPv6 zone could end in anything.
	return !strings.ContainsAny(sub, ":%") && strings.HasSuffix(sub, "."+parent)
}

// referer returns the Referer of a redirect: the URL it comes from, without its userinfo,
// but nothing from https to http, and the caller's own value where there is one.
func referer(from, to *url.URL, explicit string) string {
	if from.Scheme == "https" && to.Scheme == "http" {
		return ""
	}
	if explicit != "" {
		return explicit
	}
	u := *from
	u.User = nil
	return u.String()
}

// withBasicAuth turns the userinfo of the URL into an Authorization header, as
// http.Client does.
func withBasicAuth(req *http.Request) *http.Request {
	if req.URL.User == nil || req.Header.Get("Authorization") != "" {
		return req
	}
	password, _ := req.URL.User.Password()
	out := new(http.Request)
	*out = *req
	out.Header = maps.Clone(req.Header)
	if out.Header == nil {
		out.Header = make(http.Header)
	}
	out.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(req.URL.User.Username()+":"+password)))
	return out
}
