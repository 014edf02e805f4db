// SPDX-License-Identifier: MIT

package wazerohost

import (
	"net/http"
	"slices"
	"strings"
)

// future is the future-incoming-response resource. It owns the exchange until the
// response is taken.
type future struct {
	x     *exchange
	taken bool
}

func (f *future) ready() bool { return f.x.ready() }

func (f *future) release() {
	if !f.taken {
		f.x.end()
	}
}

// response is the incoming-response resource. It owns the exchange until the body is
// taken.
type response struct {
	x        *exchange
	status   int
	headers  *fields
	consumed bool
}

func (r *response) release() {
	if !r.consumed {
		r.x.end()
	}
}

func responseFuncs() []function {
	return []function{
		fn("[method]future-incoming-response.subscribe", "i>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(get[*future](g, s[0]), s[0])
		}),
		fn("[method]future-incoming-response.get", "ii", futureGet),
		fn("[resource-drop]future-incoming-response", "i", drop[*future]),

		fn("[method]incoming-response.status", "i>i", func(g *guest, s []uint64) {
			s[0] = uint64(get[*response](g, s[0]).status)
		}),
		fn("[method]incoming-response.headers", "i>i", func(g *guest, s []uint64) {
			s[0] = uint64(g.table.push(get[*response](g, s[0]).headers, uint32(s[0])))
		}),
		fn("[method]incoming-response.consume", "ii", func(g *guest, s []uint64) {
			r, ret := get[*response](g, s[0]), s[1]
			if r.consumed {
				g.put8(ret, 1)
				return
			}
			body := g.table.push(&incomingBody{x: r.x}, 0)
			r.consumed = true
			g.put8(ret, 0)
			g.put32(ret+4, body)
		}),
		fn("[resource-drop]incoming-response", "i", drop[*response]),
	}
}

// futureGet answers with option<result<result<incoming-response, error-code>>>.
func futureGet(g *guest, s []uint64) {
	f, ret := get[*future](g, s[0]), s[1]
	if !f.ready() {
		g.put8(ret, 0)
		return
	}
	g.put8(ret, 1)
	g.put8(ret+8, uint8(flag(f.taken)))
	if f.taken {
		return
	}
	r, err := f.response(g)
	if err != nil {
		g.put8(ret+16, 1)
		err.write(g, ret+24)
		f.taken = true
		f.x.end()
		return
	}
	h := g.table.push(r, 0)
	f.taken = true // from here on the response owns the exchange
	g.put8(ret+16, 0)
	g.put32(ret+24, h)
}

func (f *future) response(g *guest) (*response, *codeError) {
	f.x.mu.Lock()
	resp, err := f.x.resp, f.x.err
	f.x.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case resp == nil: // the guest is being closed
		return nil, &codeError{code: codeConnectionTerminated}
	}
	header := resp.Header
	if len(resp.Trailer) > 0 { // net/http has moved the announcement there
		header = header.Clone()
		for name := range resp.Trailer {
			header.Add("Trailer", name)
		}
		slices.Sort(header["Trailer"])
		header["Trailer"] = []string{strings.Join(header["Trailer"], ", ")}
	}
	headers, ok := g.fromHeader(header)
	if !ok {
		return nil, &codeError{code: codeResponseHeaderSize}
	}
	return &response{x: f.x, status: resp.StatusCode, headers: headers}, nil
}

// incomingBody is the incoming-body resource. It owns the exchange.
type incomingBody struct {
	x        *exchange
	streamed bool
}

func (b *incomingBody) release() { b.x.end() }

// trailers is the future-trailers resource. It owns the exchange until its end.
type trailers struct {
	x     *exchange
	taken bool
}

func (t *trailers) release()    { t.x.end() }
func (t *trailers) ready() bool { return t.x.body().ended() != nil }

func incomingBodyFuncs() []function {
	return []function{
		fn("[method]incoming-body.stream", "ii", func(g *guest, s []uint64) {
			b, ret := get[*incomingBody](g, s[0]), s[1]
			if b.streamed {
				g.put8(ret, 1)
				return
			}
			d := b.x.body()
			stream := g.table.push(&inputStream{d}, uint32(s[0]))
			b.streamed = true
			d.start()
			g.put8(ret, 0)
			g.put32(ret+4, stream)
		}),
		fn("[static]incoming-body.finish", "i>i", func(g *guest, s []uint64) {
			b := take[*incomingBody](g, s[0])
			b.x.body().drain()
			s[0] = uint64(g.table.push(&trailers{x: b.x}, 0))
		}),
		fn("[resource-drop]incoming-body", "i", drop[*incomingBody]),
	}
}

func trailersFuncs() []function {
	return []function{
		fn("[method]future-trailers.subscribe", "i>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(get[*trailers](g, s[0]), s[0])
		}),
		fn("[method]future-trailers.get", "ii", trailersGet),
		fn("[resource-drop]future-trailers", "i", drop[*trailers]),
	}
}

// trailersGet answers with option<result<result<option<trailers>, error-code>>>.
func trailersGet(g *guest, s []uint64) {
	t, ret := get[*trailers](g, s[0]), s[1]
	down := t.x.body()
	err := down.ended()
	if err == nil {
		g.put8(ret, 0)
		return
	}
	g.put8(ret, 1)
	g.put8(ret+8, uint8(flag(t.taken)))
	if t.taken {
		return
	}
	t.taken = true
	var fs *fields
	if err == errClosed {
		var ok bool
		if fs, ok = g.fromHeader(nonNil(down.resp.Trailer)); !ok {
			err = &codeError{code: codeResponseTrailerSize}
		}
	}
	if err != errClosed {
		g.put8(ret+16, 1)
		classify(err, nil).write(g, ret+24)
		return
	}
	g.put8(ret+16, 0)
	g.put8(ret+24, uint8(flag(len(fs.list) > 0)))
	if len(fs.list) > 0 {
		g.put32(ret+28, g.table.push(fs, 0))
	}
}

// nonNil returns the trailers that came: announced ones that did not have no value.
func nonNil(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if len(values) > 0 {
			out[name] = values
		}
	}
	return out
}
