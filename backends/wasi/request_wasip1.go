// SPDX-License-Identifier: MIT

package wasi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/backends/wasi/internal/wit"
	"github.com/isohttp/isohttp/transport/driver"
)

// makeOptions returns options that the caller owns, or 0 when there are no limits.
func makeOptions(t RequestOptions) (wit.RequestOptions, error) {
	if err := t.check(); err != nil {
		return 0, &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Backend: name, Err: err}
	}
	if t == (RequestOptions{}) {
		return 0, nil
	}
	o := wit.NewRequestOptions()
	refused := ""
	switch {
	case t.ConnectTimeout > 0 && !o.SetConnectTimeout(uint64(t.ConnectTimeout)):
		refused = "ConnectTimeout"
	case t.FirstByteTimeout > 0 && !o.SetFirstByteTimeout(uint64(t.FirstByteTimeout)):
		refused = "FirstByteTimeout"
	case t.BetweenBytesTimeout > 0 && !o.SetBetweenBytesTimeout(uint64(t.BetweenBytesTimeout)):
		refused = "BetweenBytesTimeout"
	default:
		return o, nil
	}
	o.Drop()
	return 0, &driver.Error{Op: driver.OpSend, Kind: driver.KindUnsupported, Backend: name,
		Err: &driver.Unsupported{Feature: refused, Reason: "the WASI host does not take it"}}
}

// makeRequest returns a request that the caller owns.
func (x *exchange) makeRequest(req *http.Request, gzip bool) (wit.OutgoingRequest, error) {
	fields, err := makeFields(req, gzip)
	if err != nil {
		return 0, err
	}
	out := wit.NewRequest(fields)
	refused := ""
	if !out.SetMethod(req.Method) {
		refused = "method"
	} else {
		refused = out.SetURL(req.URL.Scheme, req.URL.Host, target(req))
	}
	if refused != "" {
		out.Drop()
		return 0, &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Backend: name,
			Err: errors.New("the WASI host does not take the request's " + refused)}
	}
	return out, nil
}

// target returns the path and the query as they go out. The path of a request for the
// whole server is empty in a URL.
func target(req *http.Request) string {
	uri := req.URL.RequestURI()
	if req.URL.Opaque != "" && strings.HasPrefix(uri, req.URL.Scheme+"://") {
		// The form with an authority, which the host writes by itself.
		rest := strings.TrimPrefix(uri, req.URL.Scheme+"://")
		switch end := strings.IndexAny(rest, "/?"); {
		case end < 0:
			return "/"
		case rest[end] == '?':
			return "/" + rest[end:]
		default:
			return rest[end:]
		}
	}
	return uri
}

// makeFields returns the request's fields, which the caller owns: the caller's own, byte
// for byte and line by line, and those that say how the body is sent.
func makeFields(req *http.Request, gzip bool) (wit.Fields, error) {
	f := wit.NewFields()
	var err error
	add := func(key, value string) {
		if err == nil {
			err = fieldError(key, f.Append(key, value))
		}
	}
	for key, values := range req.Header {
		for _, v := range values {
			add(key, v)
		}
	}
	switch {
	case req.Body != nil && req.ContentLength > 0:
		add("Content-Length", strconv.FormatInt(req.ContentLength, 10))
	case req.Body == nil && (req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch):
		add("Content-Length", "0")
	}
	if sendsTrailer(req) {
		keys := make([]string, 0, len(req.Trailer))
		for key := range req.Trailer {
			keys = append(keys, key)
		}
		add("Trailer", strings.Join(keys, ", "))
	}
	if gzip {
		add("Accept-Encoding", "gzip")
	}
	if err != nil {
		f.Drop()
		return 0, err
	}
	return f, nil
}

// sendsTrailer reports whether trailers can follow the body: as in net/http, only one of
// unknown length.
func sendsTrailer(req *http.Request) bool {
	return req.Body != nil && req.ContentLength < 0 && len(req.Trailer) > 0
}

func fieldError(key string, why wit.FieldError) error {
	switch why {
	case wit.FieldOK:
		return nil
	case wit.FieldForbidden:
		return &driver.Error{Op: driver.OpSend, Kind: driver.KindUnsupported, Backend: name,
			Err: &driver.Unsupported{Feature: http.CanonicalHeaderKey(key), Header: true, Reason: "the WASI host refuses it"}}
	}
	return &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Backend: name,
		Err: errors.New("the WASI host takes it for an invalid header field: " + strconv.Quote(key))}
}
