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

func available() error { return nil }

func (b *Backend) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := driver.ContextError(ctx, driver.OpSend, name); err != nil {
		closeBody(req)
		return nil, err
	}
	x := newExchange(ctx, req)
	decode := b.asksForGzip(req)
	if err := x.send(req, b.requestOptions(req), decode); err != nil {
		x.end(err)
		closeBody(req)
		return nil, x.cause() // the context's end, if that came first
	}
	resp, err := x.response(req)
	if err != nil {
		x.end(err)
		return nil, x.cause()
	}
	if decode {
		decodeGzip(resp)
	}
	return resp, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// requestOptions returns the limits of a call, field by field: the platform's words win over
// the portable ones of transport.RequestOptions, and both over those of the backend.
func (b *Backend) requestOptions(req *http.Request) RequestOptions {
	own, _ := req.Context().Value(requestOptionsKey{}).(RequestOptions)
	p := driver.PhaseTimeoutsOf(req.Context())
	portable := RequestOptions{ConnectTimeout: p.Connect, FirstByteTimeout: p.FirstByte, BetweenBytesTimeout: p.BetweenBytes}
	return own.over(portable).over(b.options.Timeouts)
}

// asksForGzip reports whether the backend adds an Accept-Encoding of its own: under the
// conditions of net/http.
func (b *Backend) asksForGzip(req *http.Request) bool {
	if b.options.DisableCompression || req.Method == http.MethodHead {
		return false
	}
	for key := range req.Header {
		if strings.EqualFold(key, "Accept-Encoding") || strings.EqualFold(key, "Range") {
			return false
		}
	}
	return true
}

// send makes the request and hands it to the host, and starts the upload beside it.
func (x *exchange) send(req *http.Request, timeouts RequestOptions, gzip bool) error {
	opts, err := makeOptions(timeouts)
	if err != nil {
		return err
	}
	defer release(&opts)
	out, err := x.makeRequest(req, gzip)
	if err != nil {
		return err
	}
	defer release(&out)

	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return errors.New("ended") // x.err says why
	}
	var ok bool
	if req.Body != nil {
		// The body has to be had before the request is handed over, and written to
		// after: hosts take little before they have a connection.
		if x.outBody, ok = out.Body(); !ok {
			x.outBody = 0
			return internal("the host gave no request body")
		}
		if x.out, ok = x.outBody.Write(); !ok {
			x.out = 0
			return internal("the host gave no request stream")
		}
	}
	r, o := out, opts
	out, opts = 0, 0 // Handle takes them
	future, code, ok := wit.Handle(r, o)
	if !ok {
		return x.refused(driver.OpSend, code)
	}
	x.future = future
	if req.Body != nil {
		x.sending = true
		startUpload(x, req)
	}
	return nil
}

func internal(text string) error {
	return &driver.Error{Op: driver.OpSend, Backend: name, Err: errors.New(text)}
}

// response waits for the head of the response.
func (x *exchange) response(req *http.Request) (*http.Response, error) {
	for {
		x.mu.Lock()
		if x.ended {
			x.mu.Unlock()
			return nil, errClosed // x.err says why
		}
		in, code, progress := x.future.Get()
		switch progress {
		case wit.Refused:
			x.mu.Unlock()
			return nil, x.refused(driver.OpSend, code)
		case wit.Ready:
			defer x.mu.Unlock()
			return x.receive(req, in)
		}
		x.begin(&x.futureWait, x.future.Subscribe)
		x.mu.Unlock()
		x.wait(&x.futureWait)
	}
}

// receive takes the head and makes the Response. The caller has x.mu.
func (x *exchange) receive(req *http.Request, in wit.IncomingResponse) (*http.Response, error) {
	defer in.Drop()
	x.futureWait.drop()
	resp := &http.Response{
		StatusCode:    in.Status(),
		Header:        make(http.Header),
		ContentLength: -1,
		Request:       req,
	}
	resp.Status = strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
	fields := in.Headers()
	fields.Entries(func(key, value string) { resp.Header.Add(key, value) })
	fields.Drop()
	if resp.StatusCode < 200 {
		return nil, &driver.Error{Op: driver.OpSend, Kind: driver.KindProtocol, Backend: name,
			Err: errors.New("the response has the status of an upgrade")}
	}
	if resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified {
		resp.ContentLength = 0 // as natively; the field may count what was not sent
	} else if values := resp.Header["Content-Length"]; len(values) > 0 {
		n, err := strconv.ParseUint(strings.TrimSpace(values[0]), 10, 63)
		if err != nil {
			return nil, &driver.Error{Op: driver.OpSend, Kind: driver.KindProtocol, Backend: name,
				Err: errors.New("the response has an invalid Content-Length")}
		}
		resp.ContentLength = int64(n)
	}
	announceTrailer(resp)
	var ok bool
	if x.inBody, ok = in.Consume(); !ok {
		x.inBody = 0
		return nil, internal("the host gave no response body")
	}
	if x.in, ok = x.inBody.Stream(); !ok {
		x.in = 0
		return nil, internal("the host gave no response stream")
	}
	release(&x.future)
	x.op = driver.OpRead
	resp.Body = newBody(x, resp)
	return resp, nil
}

// announceTrailer moves the names of trailers from the header to Response.Trailer, as
// net/http does.
func announceTrailer(resp *http.Response) {
	for _, value := range resp.Header["Trailer"] {
		for key := range strings.SplitSeq(value, ",") {
			if key = http.CanonicalHeaderKey(strings.TrimSpace(key)); key != "" {
				if resp.Trailer == nil {
					resp.Trailer = make(http.Header)
				}
				resp.Trailer[key] = nil
			}
		}
	}
	delete(resp.Header, "Trailer")
}
