// SPDX-License-Identifier: MIT

package transport

import (
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// checkRequest refuses what no platform may be asked to send, and what this one cannot,
// before anything is sent. It returns the request in the form that package driver
// promises to backends: req itself, or a copy where that differs.
func checkRequest(req *http.Request, caps driver.Capabilities) (*http.Request, error) {
	if req == nil || req.URL == nil || req.Header == nil {
		return nil, incomplete(req)
	}
	if err := checkURL(req.URL); err != nil {
		return nil, err
	}
	if isPlain(req) {
		return req, nil
	}
	return checkParts(req, caps)
}

// isPlain reports whether req is a GET that has nothing but its URL, which is the usual one of an
// http.Client, and is in driver's form.
func isPlain(req *http.Request) bool {
	return req.Method == http.MethodGet && len(req.Header) == 0 && req.Body == nil && req.ContentLength == 0 &&
		req.TransferEncoding == nil && len(req.Trailer) == 0 && (req.Host == "" || req.Host == req.URL.Host) &&
		req.URL.RawQuery == "" && len(withoutDefaultPort(req.URL)) == len(req.URL.Host)
}

// checkParts is checkRequest for what a request may have beside its URL.
func checkParts(req *http.Request, caps driver.Capabilities) (*http.Request, error) {
	// What a request does not have is not looked at: a call of its own for every question is a good part
	// of what a small request costs.
	if req.Host != "" && req.Host != req.URL.Host {
		if err := checkHost(req, caps); err != nil {
			return nil, err
		}
	}
	method, length := http.MethodGet, int64(0)
	var err error
	if req.Method != method {
		if method, err = checkMethod(req.Method, caps); err != nil {
			return nil, err
		}
	}
	if req.Body != nil || req.ContentLength != 0 || req.TransferEncoding != nil {
		if length, err = checkLength(req, method, caps); err != nil {
			return nil, err
		}
	}
	var header http.Header
	if len(req.Header) > 0 {
		// An http.Client copies the Content-Length field of a request to the bodiless one that follows
		// a redirect, which it marks by the response.
		follows := req.Response != nil && length == 0
		if header, err = checkHeader(req.Header, length, follows, caps); err != nil {
			return nil, err
		}
	}
	if len(req.Trailer) > 0 {
		if err := checkTrailer(req, length, caps); err != nil {
			return nil, err
		}
	}
	host, query := req.URL.Host, req.URL.RawQuery
	if method != http.MethodConnect { // whose target is the host, always with its port
		host = withoutDefaultPort(req.URL)
	}
	if query != "" {
		// Locations have them, and net/http would send them as they are.
		query = strings.ReplaceAll(query, " ", "%20")
	}
	// Where a string has changed, its length has.
	if len(method) == len(req.Method) && header == nil && length == req.ContentLength && (length == 0) == (req.Body == nil) &&
		len(req.TransferEncoding) == 0 && len(host) == len(req.URL.Host) && len(query) == len(req.URL.RawQuery) {
		return req, nil
	}
	return rewritten(req, method, length, header, host, query), nil
}

// incomplete returns the error of a request that lacks what each has.
func incomplete(req *http.Request) *Error {
	switch {
	case req == nil:
		return invalid("nil request")
	case req.URL == nil:
		return invalid("nil Request.URL")
	}
	return invalid("nil Request.Header")
}

// rewritten returns a copy of req with the given parts. A nil header leaves that of req.
func rewritten(req *http.Request, method string, length int64, header http.Header, host, query string) *http.Request {
	out := new(http.Request)
	*out = *req
	out.Method = method
	out.ContentLength = length
	out.TransferEncoding = nil
	if length == 0 {
		out.Body, out.GetBody = nil, nil
	}
	if header != nil {
		out.Header = header
	}
	if host != req.URL.Host || query != req.URL.RawQuery {
		u := *req.URL
		u.Host, u.RawQuery = host, query
		out.URL = &u
		if req.Host == req.URL.Host {
			out.Host = host
		}
	}
	return out
}

// withoutDefaultPort returns the URL's host as the URL standard writes it. Engines of
// JavaScript go by that, net/http would send the port. An empty port is none.
func withoutDefaultPort(u *url.URL) string {
	if last := u.Host[len(u.Host)-1]; last != ':' && last != '0' && last != '3' {
		return u.Host
	}
	port := ":80"
	if u.Scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(strings.TrimSuffix(u.Host, ":"), port)
}

// invalid is not to be inlined, nor is unsupported: they are called in many places, and every request
// goes past these.
//
//go:noinline
func invalid(text string) *Error {
	return &Error{Op: driver.OpSend, Kind: KindInvalid, Err: errorText(text)}
}

// checkURL asks for all that a usual URL is at once; what is wrong with another is found out of the way
// of those.
func checkURL(u *url.URL) error {
	if (u.Scheme == "http" || u.Scheme == "https") && validHost(u.Host) && u.Host != "" && u.Host[0] != ':' &&
		u.Opaque == "" && (u.RawQuery == "" || validTarget(u)) {
		return nil
	}
	return checkOddURL(u)
}

// checkOddURL is checkURL for what has something wrong, or an Opaque.
func checkOddURL(u *url.URL) error {
	// The phrase is net/http's; go-retryablehttp decides by it.
	if u.Scheme != "http" && u.Scheme != "https" {
		return invalid("unsupported protocol scheme " + strconv.Quote(u.Scheme))
	}
	if u.Host == "" || u.Host[0] == ':' {
		return invalid("no host in request URL")
	}
	if !validHost(u.Host) {
		return invalid("invalid host in request URL")
	}
	if u.Opaque != "" && !sameAuthority(u) {
		return invalid("the host in Request.URL.Opaque is not Request.URL.Host")
	}
	if !validTarget(u) {
		return invalid("invalid character in request URL")
	}
	return nil
}

// checkHost looks at a Request.Host that is not as the URL's: it names another host than the connection
// goes to only where the platform lets it.
func checkHost(req *http.Request, caps driver.Capabilities) error {
	if !validHost(req.Host) {
		return invalid("invalid Request.Host")
	}
	if strings.EqualFold(req.Host, strings.TrimSuffix(req.URL.Host, ":")) || caps.Has(driver.HeaderHost) {
		return nil
	}
	return unsupported(driver.OpSend, driver.HeaderHost.String(), "Request.Host differs from the URL's host")
}

func checkMethod(method string, caps driver.Capabilities) (string, error) {
	switch method {
	case http.MethodGet, "":
		return http.MethodGet, nil
	case http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return method, nil
	}
	if !isToken(method) {
		return "", invalid("invalid method " + strconv.Quote(method))
	}
	switch strings.ToUpper(method) {
	case http.MethodConnect, http.MethodTrace, "TRACK":
		if !caps.Has(driver.MethodConnectTrace) {
			return "", unsupported(driver.OpSend, driver.MethodConnectTrace.String(), "method "+method)
		}
	}
	return method, nil
}

// checkLength compares body and declared length, and returns the length in driver's
// form: 0 exactly when there is no body, -1 when it is unknown.
func checkLength(req *http.Request, method string, caps driver.Capabilities) (int64, error) {
	none := req.Body == nil || req.Body == http.NoBody
	length := req.ContentLength
	if length < -1 {
		return 0, invalid("Request.ContentLength is " + strconv.FormatInt(length, 10))
	}
	chunked := false
	for _, coding := range req.TransferEncoding {
		switch coding {
		case "identity":
		case "chunked": // net/http's way to send a body whose length is known without it
			chunked = true
		default:
			return 0, invalid("invalid Request.TransferEncoding")
		}
	}
	switch {
	case none && length > 0:
		return 0, invalid("Request.ContentLength is " + strconv.FormatInt(length, 10) + " with nil Body")
	case none:
		return 0, nil
	// Fetch takes "get" for GET.
	case (strings.EqualFold(method, http.MethodGet) || strings.EqualFold(method, http.MethodHead)) && !caps.Has(driver.GetBody):
		return 0, unsupported(driver.OpSend, driver.GetBody.String(), method+" with a body")
	case length == 0, chunked:
		return -1, nil // 0 with a body is net/http's unknown length
	}
	return length, nil
}

// checkHeader validates every field, refuses those that the platform does not let a
// program set, and takes out the advisory ones that it would choke on. It returns nil
// when the map can be sent as it is, else a copy. What Content-Length says is of no interest
// in a request without a body that follows a redirect.
func checkHeader(h http.Header, length int64, follows bool, caps driver.Capabilities) (http.Header, error) {
	var out http.Header // made when the first change is due
	change := func() http.Header {
		if out == nil {
			out = maps.Clone(h)
		}
		return out
	}
	for name, values := range h {
		if !isToken(name) {
			return nil, invalid("invalid header field name " + strconv.Quote(name))
		}
		trim := false
		for _, v := range values {
			if !validValue(v) {
				return nil, invalid("invalid header field value for " + strconv.Quote(name))
			}
			if !caps.Has(driver.HeaderObsText) && !isASCII(v) {
				return nil, invalid("invalid header field value for " + strconv.Quote(name) + ": not ASCII")
			}
			trim = trim || (v != "" && (isBlank(v[0]) || isBlank(v[len(v)-1])))
		}
		canonical := known(name)
		switch canonical {
		case "Host":
			// The one Host field is Request.Host or the URL's.
			delete(change(), name)
			continue
		case "Content-Length":
			if !follows && !sameLength(values, length) {
				return nil, invalid("Content-Length header differs from Request.ContentLength")
			}
			delete(change(), name)
			continue
		case "User-Agent":
			// azcore sets it on every request.
			if caps.ForbidsHeader(canonical) {
				delete(change(), name)
				continue
			}
		case "Expect":
			// azblob adds it by itself after a 503.
			if !caps.Has(driver.Expect) && is100Continue(values) {
				delete(change(), name)
				continue
			}
		}
		if caps.ForbidsHeader(name) {
			return nil, &Error{Op: driver.OpSend, Kind: KindUnsupported, Err: &Unsupported{Feature: textproto.CanonicalMIMEHeaderKey(name), Header: true}}
		}
		if canonical != "" && canonical != name {
			// Backends look these up, so they have one spelling.
			c := change()
			c[canonical] = append(c[canonical][:len(c[canonical]):len(c[canonical])], c[name]...)
			delete(c, name)
			name = canonical
		}
		if trim {
			c := change()
			trimmed := make([]string, len(c[name]))
			for i, v := range c[name] {
				trimmed[i] = strings.Trim(v, " \t")
			}
			c[name] = trimmed
		}
	}
	return out, nil
}

// known returns the canonical form of a name that the transport or a backend looks up,
// and "" for every other. Most names differ in length from all of these.
func known(name string) string {
	for _, k := range [...]string{"Host", "Range", "Expect", "Trailer", "Connection", "User-Agent",
		"Content-Length", "Accept-Encoding", "Transfer-Encoding"} {
		if len(k) == len(name) && strings.EqualFold(k, name) {
			return k
		}
	}
	return ""
}

func sameLength(values []string, length int64) bool {
	for _, v := range values {
		n, err := strconv.ParseInt(strings.Trim(v, " \t"), 10, 64)
		if err != nil || n != length {
			return false
		}
	}
	return true
}

func is100Continue(values []string) bool {
	for _, v := range values {
		if !strings.EqualFold(strings.Trim(v, " \t"), "100-continue") {
			return false
		}
	}
	return true
}

func checkTrailer(req *http.Request, length int64, caps driver.Capabilities) error {
	if !caps.Has(driver.TrailersOut) {
		return unsupported(driver.OpSend, driver.TrailersOut.String(), "Request.Trailer is set")
	}
	if length >= 0 {
		// In HTTP/1.1 only a chunked body has room for them, and net/http would drop them; which
		// version it will be is not known here.
		return invalid("Request.Trailer needs a body of unknown length")
	}
	for name, values := range req.Trailer {
		switch {
		case !isToken(name):
			return invalid("invalid trailer field name " + strconv.Quote(name))
		case strings.EqualFold(name, "Transfer-Encoding"), strings.EqualFold(name, "Trailer"), strings.EqualFold(name, "Content-Length"):
			return invalid("trailer field " + strconv.Quote(name) + " is not allowed")
		}
		for _, v := range values {
			if !validValue(v) {
				return invalid("invalid trailer field value for " + strconv.Quote(name))
			}
		}
	}
	return nil
}
