// SPDX-License-Identifier: MIT

package wazerohost

import (
	"errors"
	"net/http"
)

// inputStream is the input-stream resource, a child of its incoming-body.
type inputStream struct{ *download }

// outputStream is the output-stream resource, a child of its outgoing-body.
type outputStream struct{ *upload }

// outgoingBody is the outgoing-body resource. It owns the upload.
type outgoingBody struct {
	up       *upload
	streamed bool
	finished bool
}

func (b *outgoingBody) release() {
	if !b.finished {
		b.up.abort(errAborted)
	}
}

// maxRead bounds one read, so that a guest's huge request for bytes is not a huge
// request for memory of its own.
const maxRead = 1 << 20

func inputFuncs() []function {
	read := func(block bool) func(*guest, []uint64) {
		return func(g *guest, s []uint64) { g.read(get[*inputStream](g, s[0]), s[1], s[2], block) }
	}
	skip := func(block bool) func(*guest, []uint64) {
		return func(g *guest, s []uint64) { g.skip(get[*inputStream](g, s[0]), s[1], s[2], block) }
	}
	return []function{
		fn("[method]input-stream.read", "iIi", read(false)),
		fn("[method]input-stream.blocking-read", "iIi", read(true)),
		fn("[method]input-stream.skip", "iIi", skip(false)),
		fn("[method]input-stream.blocking-skip", "iIi", skip(true)),
		fn("[method]input-stream.subscribe", "i>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(get[*inputStream](g, s[0]).download, s[0])
		}),
		fn("[resource-drop]input-stream", "i", drop[*inputStream]),
	}
}

// read answers with result<list<u8>, stream-error>.
func (g *guest) read(in *inputStream, n, ret uint64, block bool) {
	if n == 0 {
		g.put8(ret, 0)
		g.put32(ret+4, 1)
		g.put32(ret+8, 0)
		return
	}
	if block {
		g.block(in.download)
	}
	var ptr uint64
	got, err := in.take(int(min(n, maxRead)), func(n int) []byte {
		ptr = g.alloc(uint32(n), 1)
		return g.view(ptr, uint64(n))
	})
	if err != nil {
		g.putStreamError(ret, 4, err)
		return
	}
	g.put8(ret, 0)
	g.put32(ret+4, uint32(ptr))
	g.put32(ret+8, uint32(got))
}

// skip answers with result<u64, stream-error>.
func (g *guest) skip(in *inputStream, n, ret uint64, block bool) {
	if block && n > 0 {
		g.block(in.download)
	}
	got, err := in.take(int(min(n, maxRead)), func(n int) []byte { return make([]byte, n) })
	if err != nil && n > 0 {
		g.putStreamError(ret, 8, err)
		return
	}
	g.put8(ret, 0)
	g.put64(ret+8, uint64(got))
}

// putStreamError writes the error of a result with a stream-error, whose payload is at
// the given offset.
func (g *guest) putStreamError(ret, offset uint64, err error) {
	g.put8(ret, 1)
	if err == errClosed {
		g.put8(ret+offset, 1)
		return
	}
	var ce *codeError
	if !errors.As(err, &ce) {
		ce = &codeError{code: codeConnectionTerminated}
	}
	g.put8(ret+offset, 0)
	g.put32(ret+offset+4, g.table.push(ioError{ce}, 0))
}

// putUnit writes a result<_, stream-error>.
func (g *guest) putUnit(ret uint64, err error) {
	if err != nil {
		g.putStreamError(ret, 4, err)
		return
	}
	g.put8(ret, 0)
}

func outputFuncs() []function {
	flush := func(g *guest, s []uint64) {
		// What was written is on its way already; only the state of the stream is asked.
		_, err := get[*outputStream](g, s[0]).room()
		g.putUnit(s[1], err)
	}
	splice := func(g *guest, s []uint64) {
		g.splice(get[*outputStream](g, s[0]), get[*inputStream](g, s[1]), s[2], s[3])
	}
	return []function{
		fn("[method]output-stream.check-write", "ii", func(g *guest, s []uint64) {
			n, err := get[*outputStream](g, s[0]).room()
			if err != nil {
				g.putStreamError(s[1], 8, err)
				return
			}
			g.put8(s[1], 0)
			g.put64(s[1]+8, uint64(n))
		}),
		fn("[method]output-stream.write", "iiii", func(g *guest, s []uint64) {
			g.putUnit(s[3], get[*outputStream](g, s[0]).write(g.view(s[1], s[2])))
		}),
		fn("[method]output-stream.blocking-write-and-flush", "iiii", func(g *guest, s []uint64) {
			g.putUnit(s[3], g.writeAll(get[*outputStream](g, s[0]), g.view(s[1], s[2])))
		}),
		fn("[method]output-stream.flush", "ii", flush),
		fn("[method]output-stream.blocking-flush", "ii", flush),
		fn("[method]output-stream.subscribe", "i>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(get[*outputStream](g, s[0]).upload, s[0])
		}),
		fn("[method]output-stream.write-zeroes", "iIi", func(g *guest, s []uint64) {
			out, n := get[*outputStream](g, s[0]), s[1]
			if room, err := out.room(); err == nil && n > uint64(room) {
				panic(trap("a write beyond what check-write granted"))
			}
			g.putUnit(s[2], out.write(make([]byte, min(n, uint64(g.host.limits.BufferBytes)))))
		}),
		fn("[method]output-stream.blocking-write-zeroes-and-flush", "iIi", func(g *guest, s []uint64) {
			g.putUnit(s[2], g.writeAll(get[*outputStream](g, s[0]), make([]byte, min(s[1], blockingWrite+1))))
		}),
		fn("[method]output-stream.splice", "iiIi", splice),
		fn("[method]output-stream.blocking-splice", "iiIi", func(g *guest, s []uint64) {
			out, in := get[*outputStream](g, s[0]), get[*inputStream](g, s[1])
			g.block(in.download)
			g.block(out.upload)
			splice(g, s)
		}),
		fn("[resource-drop]output-stream", "i", drop[*outputStream]),
	}
}

// blockingWrite is the most that one blocking write may have, by the interface's text.
const blockingWrite = 4096

func (g *guest) writeAll(out *outputStream, p []byte) error {
	if len(p) > blockingWrite {
		panic(trap("a blocking write of more than 4096 bytes"))
	}
	for len(p) > 0 {
		g.block(out.upload)
		n, err := out.room()
		if err != nil {
			return err
		}
		n = min(n, len(p))
		if err := out.write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// splice answers with result<u64, stream-error>.
func (g *guest) splice(out *outputStream, in *inputStream, n, ret uint64) {
	room, err := out.room()
	var got int
	var p []byte
	if err == nil && room > 0 && n > 0 {
		got, err = in.take(int(min(n, uint64(room))), func(n int) []byte {
			p = make([]byte, n)
			return p
		})
	}
	if err == nil {
		err = out.write(p[:got])
	}
	if err != nil {
		g.putStreamError(ret, 8, err)
		return
	}
	g.put8(ret, 0)
	g.put64(ret+8, uint64(got))
}

func outgoingBodyFuncs() []function {
	return []function{
		fn("[method]outgoing-body.write", "ii", func(g *guest, s []uint64) {
			b, ret := get[*outgoingBody](g, s[0]), s[1]
			if b.streamed {
				g.put8(ret, 1)
				return
			}
			stream := g.table.push(&outputStream{b.up}, uint32(s[0]))
			b.streamed = true
			g.put8(ret, 0)
			g.put32(ret+4, stream)
		}),
		fn("[static]outgoing-body.finish", "iiii", func(g *guest, s []uint64) {
			b, ret := take[*outgoingBody](g, s[0]), s[3]
			b.finished = true
			var trailer http.Header
			var err error
			if s[1] != 0 {
				f := take[*fields](g, s[2])
				if f.over {
					err = &codeError{code: codeRequestTrailerSize}
					b.up.abort(err)
				}
				trailer = http.Header{}
				for _, x := range f.list {
					name := http.CanonicalHeaderKey(x.name)
					trailer[name] = append(trailer[name], x.value)
				}
			}
			if err == nil {
				err = b.up.finish(trailer)
			}
			if err != nil {
				g.put8(ret, 1)
				classify(err, nil).write(g, ret+8)
				return
			}
			g.put8(ret, 0)
		}),
		fn("[resource-drop]outgoing-body", "i", drop[*outgoingBody]),
	}
}
