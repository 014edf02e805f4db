// SPDX-License-Identifier: MIT

package wazerohost

import (
	"net/http"
	"strconv"
	"strings"
)

// request is the outgoing-request resource.
type request struct {
	method    string
	scheme    string // "" is https
	authority string
	path      string
	headers   *fields
	up        *upload // set by body; owned by the outgoing-body
}

// text reads a text that a request is to keep. It is false for one that is longer than
// HeaderBytes, which is not copied.
func (g *guest) text(ptr, n uint64) (string, bool) {
	b := g.view(ptr, n)
	if len(b) > g.host.limits.HeaderBytes {
		return "", false
	}
	return string(b), true
}

// methods has the cases of the variant method in their order, but the last, other.
var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

func requestFuncs() []function {
	return []function{
		fn("[constructor]outgoing-request", "i>i", func(g *guest, s []uint64) {
			f := take[*fields](g, s[0])
			f.immutable = true
			s[0] = uint64(g.table.push(&request{method: "GET", path: "/", headers: f}, 0))
		}),
		fn("[method]outgoing-request.method", "ii", func(g *guest, s []uint64) {
			r, ret := get[*request](g, s[0]), s[1]
			for i, m := range methods {
				if m == r.method {
					g.put8(ret, uint8(i))
					return
				}
			}
			g.put8(ret, uint8(len(methods)))
			g.putBytes(ret+4, r.method)
		}),
		fn("[method]outgoing-request.set-method", "iiii>i", func(g *guest, s []uint64) {
			r, disc := get[*request](g, s[0]), uint32(s[1])
			method, ok := "", true
			switch {
			case int(disc) < len(methods):
				method = methods[disc]
			case int(disc) == len(methods):
				method, ok = g.text(s[2], s[3])
			default:
				panic(trap("invalid method"))
			}
			if ok = ok && isToken(method); ok {
				r.method = method
			}
			s[0] = flag(!ok)
		}),
		fn("[method]outgoing-request.path-with-query", "ii", func(g *guest, s []uint64) {
			r, ret := get[*request](g, s[0]), s[1]
			g.put8(ret, 1)
			g.putBytes(ret+4, r.path)
		}),
		fn("[method]outgoing-request.set-path-with-query", "iiii>i", func(g *guest, s []uint64) {
			r, path, ok := get[*request](g, s[0]), "/", true
			if s[1] != 0 {
				if path, ok = g.text(s[2], s[3]); ok {
					_, ok = parsePath(path)
				}
			}
			if ok {
				r.path = path
			}
			s[0] = flag(!ok)
		}),
		fn("[method]outgoing-request.scheme", "ii", func(g *guest, s []uint64) {
			r, ret := get[*request](g, s[0]), s[1]
			g.put8(ret, uint8(flag(r.scheme != "")))
			g.put8(ret+4, uint8(flag(r.scheme == "https")))
		}),
		fn("[method]outgoing-request.set-scheme", "iiiii>i", func(g *guest, s []uint64) {
			r, ok := get[*request](g, s[0]), true
			switch {
			case s[1] == 0:
				r.scheme = ""
			case s[2] == 0:
				r.scheme = "http"
			case s[2] == 1:
				r.scheme = "https"
			default:
				ok = false // no other scheme can be sent
			}
			s[0] = flag(!ok)
		}),
		fn("[method]outgoing-request.authority", "ii", func(g *guest, s []uint64) {
			r, ret := get[*request](g, s[0]), s[1]
			g.put8(ret, uint8(flag(r.authority != "")))
			g.putBytes(ret+4, r.authority)
		}),
		fn("[method]outgoing-request.set-authority", "iiii>i", func(g *guest, s []uint64) {
			r, authority, ok := get[*request](g, s[0]), "", true
			if s[1] != 0 {
				if authority, ok = g.text(s[2], s[3]); ok {
					_, _, ok = splitAuthority(authority, "http")
				}
			}
			if ok {
				r.authority = authority
			}
			s[0] = flag(!ok)
		}),
		fn("[method]outgoing-request.headers", "i>i", func(g *guest, s []uint64) {
			s[0] = uint64(g.table.push(get[*request](g, s[0]).headers, uint32(s[0])))
		}),
		fn("[method]outgoing-request.body", "ii", func(g *guest, s []uint64) {
			r, ret := get[*request](g, s[0]), s[1]
			if r.up != nil {
				g.put8(ret, 1)
				return
			}
			r.up = newUpload(g)
			g.put8(ret, 0)
			g.put32(ret+4, g.table.push(&outgoingBody{up: r.up}, 0))
		}),
		fn("[resource-drop]outgoing-request", "i", drop[*request]),
	}
}

// build makes the request for net/http, or says why there is none.
func (r *request) build(gs grants) (*http.Request, error) {
	scheme := r.scheme
	if scheme == "" {
		scheme = "https"
	}
	host, port, ok := splitAuthority(r.authority, scheme)
	u, pathOK := parsePath(r.path)
	switch {
	case !ok || !pathOK:
		return nil, &codeError{code: codeRequestURIInvalid}
	case r.method == http.MethodConnect:
		// A tunnel would lead past the grants.
		return nil, &codeError{code: codeRequestMethodInvalid}
	case r.headers.over:
		return nil, &codeError{code: codeRequestHeaderSize}
	case !gs.allow(r.method, scheme, host, port):
		return nil, &codeError{code: codeRequestDenied}
	}
	u.Scheme, u.Host = scheme, r.authority
	if port == defaultPort(scheme) && !strings.Contains(host, ":") {
		u.Host = host
	}
	req := &http.Request{
		Method: r.method, URL: u, Host: r.authority, Header: r.headers.header(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	// net/http adds a User-Agent of its own unless the field is there, even if empty.
	if _, set := req.Header["User-Agent"]; !set {
		req.Header["User-Agent"] = nil
	}
	return req, r.frame(req)
}

// frame moves the fields that say how the body is sent into the request: net/http writes
// them itself, and would write them twice.
func (r *request) frame(req *http.Request) error {
	length := int64(-1)
	for name, values := range req.Header {
		switch {
		case strings.EqualFold(name, "Content-Length"):
			for _, v := range values {
				n, err := strconv.ParseUint(v, 10, 63)
				if err != nil || length >= 0 && int64(n) != length {
					return &codeError{code: codeRequestBodySize, size: 0}
				}
				length = int64(n)
			}
			delete(req.Header, name)
		case strings.EqualFold(name, "Trailer"):
			for _, v := range values {
				for key := range strings.SplitSeq(v, ",") {
					if req.Trailer == nil {
						req.Trailer = http.Header{}
					}
					req.Trailer[http.CanonicalHeaderKey(strings.TrimSpace(key))] = nil
				}
			}
			delete(req.Header, name)
		}
	}
	if r.up != nil {
		if err := r.up.declare(length); err != nil {
			return err
		}
	}
	switch {
	case r.up != nil && length == 0:
		// For net/http a body of length 0 is one of unknown length.
		req.Trailer = nil
	case r.up != nil:
		r.up.trailer = req.Trailer
		req.Body, req.ContentLength = r.up, length
	case length > 0:
		return &codeError{code: codeRequestBodySize}
	default:
		req.Trailer = nil
	}
	return nil
}

func handlerFuncs() []function {
	return []function{
		fn("handle", "iiii", func(g *guest, s []uint64) {
			r, ret := take[*request](g, s[0]), s[3]
			var opts options
			if s[1] != 0 {
				opts = *take[*options](g, s[2])
			}
			req, err := r.build(g.host.grants)
			if err == nil && int(g.exchanges.Load()) >= g.host.limits.Exchanges {
				err = &codeError{code: codeConnectionLimitReached}
			}
			if err != nil {
				if r.up != nil {
					r.up.abort(err)
				}
				g.put8(ret, 1)
				classify(err, nil).write(g, ret+8)
				return
			}
			x := begin(g, req, r.up, opts)
			g.put8(ret, 0)
			g.put32(ret+8, g.table.push(&future{x: x}, 0))
		}),
	}
}
