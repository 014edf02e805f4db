// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// codingCases are those of group DN that are about content codings.
func codingCases() []Case {
	return []Case{
		gated("DN-18", driver.Uncompressed, gzipFlagged, gzipDecoded, AtLeast(EventRequest, 1)),
		must("DN-19", headerTellsTruth),
		gated("DN-20", driver.RawEncoding, rawCoding, rawCodingRefused),
		must("DN-21", corruptGzip),
		must("DN-22", truncatedGzip),
		must("DN-23", emptyGzip),
		gated("DN-25", driver.StreamDecode, decodesStream, decodesWhole),
		must("DN-31", hiddenCoding),
	}
}

func gzipDecoded(t *T) { t.gzipDecoded(false) }

// gzipDecoded reads a body that somebody on the way has decoded.
func (t *T) gzipDecoded(flagged bool) {
	resp := t.Send(t.Get(t.URL("encoded", "coding", "gzip", "size", "20000")))
	t.Equal("Uncompressed", resp.Uncompressed, flagged)
	t.Equal("body", t.Read(resp), Pattern(20000, 1))
	t.Equal("Content-Encoding", resp.Header["Content-Encoding"], []string(nil))
	t.Equal("Content-Length", resp.Header["Content-Length"], []string(nil))
	t.Equal("ContentLength", resp.ContentLength, int64(-1))
}

func gzipFlagged(t *T) {
	t.gzipDecoded(true)
	resp := t.Send(t.Get(t.URL("gzip", "size", "1000")))
	t.True(resp.Uncompressed, "Uncompressed is false")
	t.Equal("body", t.Read(resp), Pattern(1000, 1))
}

func headerTellsTruth(t *T) {
	plain := Pattern(3000, 1)
	for _, name := range []string{"gzip", "GZIP", "x-gzip", "deflate", "br", "zstd"} {
		resp := t.Send(t.Get(t.URL("encoded", "coding", strings.ToLower(name), "name", name, "size", "3000")))
		body := t.Read(resp)
		if resp.Header.Get("Content-Encoding") != "" {
			encoded := encode(name, plain)
			t.True(bytes.Equal(body, encoded), "%s: Content-Encoding is there, and %d other bytes than the encoded ones", name, len(body))
			t.True(!resp.Uncompressed && (resp.ContentLength == int64(len(encoded)) || resp.ContentLength == -1),
				"%s: encoded, but Uncompressed %v, ContentLength %d", name, resp.Uncompressed, resp.ContentLength)
			continue
		}
		t.True(bytes.Equal(body, plain), "%s: no Content-Encoding, but %d other bytes than the decoded ones", name, len(body))
		t.True(resp.ContentLength == -1 && (resp.Uncompressed || !t.Has(driver.Uncompressed)),
			"%s: decoded, but Uncompressed %v, ContentLength %d", name, resp.Uncompressed, resp.ContentLength)
	}
}

func rawCoding(t *T) {
	req := t.Get(t.URL("encoded", "coding", "gzip", "size", "1000"))
	req.Header.Set("Accept-Encoding", "gzip")
	resp := t.Send(req)
	t.Equal("Content-Encoding", resp.Header.Get("Content-Encoding"), "gzip")
	t.Equal("body", t.Read(resp), encode("gzip", Pattern(1000, 1)))

	tr, err := t.New(Config{Config: driver.Config{DisableCompression: true}})
	if err != nil {
		t.Fatalf("DisableCompression: %v", err)
	}
	for _, name := range []string{"gzip", "identity"} {
		if resp, err = t.TryOn(tr, t.Get(t.URL("encoded", "coding", name, "size", "1000"))); err != nil {
			t.Fatalf("without compression: %v", err)
		}
		t.Equal("without compression: Content-Encoding", resp.Header.Get("Content-Encoding"), name)
		t.Equal("without compression: body", t.Read(resp), encode(name, Pattern(1000, 1)))
		t.Equal("without compression: Uncompressed", resp.Uncompressed, false)
	}
	t.Requests(3, 3)
	// The one value is that of the first request: the others were sent without the field.
	t.Expect(Values(EventRequest, "header.Accept-Encoding", "gzip"))
}

func rawCodingRefused(t *T) {
	req := t.Get(t.URL("encoded", "coding", "gzip", "size", "1000"))
	req.Header.Set("Accept-Encoding", "gzip")
	t.refused("Accept-Encoding", req, driver.KindUnsupported)
	t.optionRefused("DisableCompression", driver.Config{DisableCompression: true})
	t.Expect(Nothing())
}

func corruptGzip(t *T) {
	// What cannot be decoded shows while more of the body is still to come, and when the rest
	// is there at once.
	for i, hold := range []string{"end", "header"} {
		o := t.start(t.Get(t.URL("encoded", "coding", "gzip", "size", "100", "corrupt", "1", "hold", hold)))
		if hold == "header" {
			t.Wait(EventGateWait, i+1)
			t.Release(hold)
		}
		if !t.Within("the response", o.done) || !t.True(o.err == nil, "the response: %v", o.err) {
			continue
		}
		var n int64
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			n, err = io.Copy(io.Discard, o.resp.Body)
		}()
		if t.Within("the end of a corrupt body", done) {
			t.True(err != nil, "a corrupt body gives %d bytes and no error", n)
		}
		o.resp.Body.Close()
		<-done
	}
}

func truncatedGzip(t *T) {
	for _, cut := range []string{"4", "5000"} {
		resp := t.Send(t.Get(t.URL("encoded", "coding", "gzip", "size", "20000", "cut", cut)))
		n, err := io.Copy(io.Discard, resp.Body)
		t.True(err != nil, "a body without its last %s bytes gives %d bytes and no error", cut, n)
	}
}

func emptyGzip(t *T) {
	resp := t.Send(t.Get(t.URL("encoded", "coding", "gzip", "size", "0")))
	t.Equal("body", len(t.Read(resp)), 0)
	resp = t.Send(t.Request(http.MethodHead, t.URL("encoded", "coding", "gzip", "size", "1000"), nil))
	t.True(resp.Header.Get("Content-Length") != "", "HEAD: no Content-Length in %v", resp.Header)
	t.Equal("HEAD: body", len(t.Read(resp)), 0)
}

func decodesStream(t *T) {
	resp := t.Send(t.Get(t.URL("trickle", "coding", "gzip", "chunks", "3", "size", "1000", "gates", "1")))
	want := Pattern(3000, 1)
	for i, gate := range []string{"1", "2", ""} {
		t.True(bytes.Equal(t.readFull(resp, 1000), want[i*1000:(i+1)*1000]), "part %d has other bytes", i+1)
		if gate != "" {
			t.Release(gate)
		}
	}
	t.Equal("the rest", len(t.Read(resp)), 0)
	t.Expect(Count(EventRequest, 1))
}

// decodesWhole wants nothing of the body before the origin has sent all of it. That nothing
// comes shows in time only.
func decodesWhole(t *T) {
	o := t.start(t.Get(t.URL("trickle", "coding", "gzip", "chunks", "3", "size", "1000", "gates", "1")))
	t.Wait(EventGateWait, 1)
	first := make(chan struct{})
	var body []byte
	var err error
	go func() {
		defer close(first)
		<-o.done
		if err = o.err; err != nil {
			return
		}
		body = make([]byte, 1000)
		_, err = io.ReadFull(o.resp.Body, body)
	}()
	t.notYet("the first part of a body whose rest is not sent yet, although that is not declared", first)
	t.Release("1")
	t.Release("2")
	if !t.Within("the body", first) || !t.True(err == nil, "the body: %v", err) {
		return
	}
	t.Equal("body", append(body, t.Read(o.resp)...), Pattern(3000, 1))
	t.Expect(Count(EventRequest, 1))
}

func hiddenCoding(t *T) {
	resp := t.Send(t.Get(t.OtherURL("encoded", "coding", "gzip", "size", "20000", "cors", "no-expose")))
	t.Equal("body", t.Read(resp), Pattern(20000, 1))
	t.Equal("ContentLength", resp.ContentLength, int64(-1))
}
