// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// codings are the content codings that encode knows.
const codings = "identity|gzip|x-gzip|deflate|br|zstd"

// encode returns data in a content coding. For br and zstd, which the standard library has
// no writer for, it makes the form of the coding that stores data as it is.
func encode(coding string, data []byte) []byte {
	var b bytes.Buffer
	switch strings.ToLower(coding) {
	case "gzip", "x-gzip":
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
	case "deflate":
		z := zlib.NewWriter(&b)
		z.Write(data)
		z.Close()
	case "br":
		// RFC 7932: a window of 16 bits, then uncompressed meta-blocks of up to 64 KiB,
		// then an empty last one.
		first := true
		for len(data) > 0 {
			n := min(len(data), 1<<16)
			if first {
				head := uint32(n-1)<<4 | 1<<20
				b.Write([]byte{byte(head), byte(head >> 8), byte(head >> 16)})
			} else {
				head := uint32(n-1)<<3 | 1<<19
				b.Write([]byte{byte(head), byte(head >> 8), byte(head >> 16)})
			}
			first = false
			b.Write(data[:n])
			data = data[n:]
		}
		if first {
			b.WriteByte(0x06) // window bits, then the last and empty meta-block
		} else {
			b.WriteByte(0x03)
		}
	case "zstd":
		// RFC 8878: one frame with its size, raw blocks.
		n := len(data)
		b.Write([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
		for last := false; !last; {
			m := min(len(data), 1<<16)
			last = m == len(data)
			head := uint32(m) << 3
			if last {
				head |= 1
			}
			b.Write([]byte{byte(head), byte(head >> 8), byte(head >> 16)})
			b.Write(data[:m])
			data = data[m:]
		}
	default:
		b.Write(data)
	}
	return b.Bytes()
}

// corruptGzipBody returns the first half of size bytes in gzip, and then a block of the type
// that does not exist.
func corruptGzipBody(size int) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(Pattern(size/2, 1))
	z.Flush()
	return append(b.Bytes(), 0xff)
}

// encoded answers with ?size=N bytes of Pattern in ?coding=C, named ?name=C in the header;
// ?cut=N leaves out the last N bytes, ?corrupt=1 makes the data that follow
// the first half impossible, for which the coding has to be gzip. The answer
// has a Content-Length, that of the encoded bytes that are sent. ?hold=header
// waits for the gate of that name between header and body, ?hold=end declares a byte more and
// waits with it.
func (x *exchange) encoded() {
	coding := x.q.Get("coding")
	data := encode(coding, Pattern(x.number("size", 1000), 1))
	if cut := x.number("cut", 0); cut > 0 {
		data = data[:max(0, len(data)-cut)]
	}
	if x.number("corrupt", 0) != 0 {
		data = corruptGzipBody(x.number("size", 1000))
	}
	name := x.q.Get("name")
	if name == "" {
		name = coding
	}
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("Content-Encoding", name)
	length, hold := len(data), x.q.Get("hold")
	if hold == "end" {
		length++
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(length))
	if hold == "header" {
		x.flush()
		if !x.wait("header") {
			return
		}
	}
	x.w.Write(data)
	if hold == "end" {
		x.flush()
		x.wait("end")
	}
}

// trickle sends ?chunks=N pieces of ?size=M bytes of Pattern, each flushed; with ?gates=1 it
// waits for the gate "1", "2" ... before the second, the third ... of them. ?coding=gzip
// sends them in gzip, flushed too.
func (x *exchange) trickle() {
	chunks, size := x.number("chunks", 10), x.number("size", 1)
	data := Pattern(chunks*size, 1)
	x.w.Header().Set("Content-Type", "application/octet-stream")
	var out io.Writer = x.w
	if x.q.Get("coding") == "gzip" {
		x.w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(x.w)
		defer z.Close()
		out = z
	}
	for i := range chunks {
		if i > 0 && x.number("gates", 0) != 0 && !x.wait(strconv.Itoa(i)) {
			return
		}
		if _, err := out.Write(data[i*size : (i+1)*size]); err != nil {
			x.log(EventGone, 0, nil)
			return
		}
		if z, ok := out.(*gzip.Writer); ok {
			z.Flush()
		}
		http.NewResponseController(x.w).Flush()
	}
	x.log(EventSent, 0, nil)
}

// trailers sends a body and the trailer fields X-Sum and X-Late, the first of which is
// announced unless ?announced=0; with ?gate=1 they wait for the gate "go".
func (x *exchange) trailers() {
	x.readBody(nil)
	h := x.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if x.number("announced", 1) != 0 {
		h.Set("Trailer", "X-Sum")
	}
	io.WriteString(x.w, "with trailers")
	x.flush()
	if x.number("gate", 0) != 0 && !x.wait("go") {
		return
	}
	if x.number("announced", 1) != 0 {
		h.Set("X-Sum", "1234")
	} else {
		h.Set(http.TrailerPrefix+"X-Sum", "1234")
	}
	h.Set(http.TrailerPrefix+"X-Late", "5678")
}

// interim sends the responses ?code=N, each with the field X-Interim, before the final one.
func (x *exchange) interim() {
	x.w.Header().Set("X-Interim", "yes")
	for _, s := range x.q["code"] {
		code, _ := strconv.Atoi(s) // checked
		x.w.WriteHeader(code)
	}
	x.w.Header().Del("X-Interim")
	x.w.Header().Set("X-Test", "final")
	io.WriteString(x.w, "final")
}

// rangeOf serves ?size=N bytes of Pattern with ranges, as a file server does.
func (x *exchange) rangeOf() {
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("ETag", `"range"`)
	http.ServeContent(x.w, x.r, "", x.origin.log.start, bytes.NewReader(Pattern(x.number("size", 1000), 1)))
}

// upgrade switches protocols and sends back what it gets.
func (x *exchange) upgrade() {
	conn, rw, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	rw.Flush()
	io.Copy(conn, rw)
}
