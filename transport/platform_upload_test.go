// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestPlatformUpload(t *testing.T) {
	p := newPlatform(t)
	for _, size := range []int{1, 100, 65535, 65536, 65537, 2 << 20} {
		data := conformance.Pattern(size, 7)
		e := p.echo(p.request(t.Context(), "PUT", p.url("echo"), bytes.NewReader(data)))
		if e.ContentLength != int64(size) || len(e.TransferEncoding) != 0 || e.SHA256 != hash(data) {
			t.Errorf("known length %d: the origin saw length %d, transfer encoding %v, %d bytes, hash right: %v",
				size, e.ContentLength, e.TransferEncoding, e.Bytes, e.SHA256 == hash(data))
		}
		e = p.echo(p.request(t.Context(), "POST", p.url("echo"), io.MultiReader(bytes.NewReader(data))))
		if e.SHA256 != hash(data) {
			t.Errorf("unknown length %d: the origin saw %d other bytes", size, e.Bytes)
		}
		// A gathered body has a length; a streamed one has none.
		streams := p.tr.Capabilities().Has(driver.UploadStreamHTTP1)
		if chunked := len(e.TransferEncoding) == 1 && e.TransferEncoding[0] == "chunked"; chunked != streams {
			t.Errorf("unknown length %d: streams %v, but transfer encoding %v, length %d", size, streams, e.TransferEncoding, e.ContentLength)
		}
	}
	e := p.echo(p.request(t.Context(), "POST", p.url("echo"), io.MultiReader()))
	if e.Bytes != 0 {
		t.Errorf("an empty reader of unknown length sent %d bytes", e.Bytes)
	}
	for name, r := range map[string]io.Reader{
		"one byte at a time": iotest.OneByteReader(strings.NewReader("twelve bytes")),
		"data with EOF":      iotest.DataErrReader(strings.NewReader("twelve bytes")),
	} {
		req := p.request(t.Context(), "PUT", p.url("echo"), r)
		req.ContentLength = 12
		if e := p.echo(req); e.SHA256 != hash([]byte("twelve bytes")) || e.ContentLength != 12 {
			t.Errorf("%s: the origin saw %d bytes of declared %d", name, e.Bytes, e.ContentLength)
		}
	}
}

// TestPlatformUploadStreams checks that the first part of a body is on the wire before the
// second exists, where the platform streams.
func TestPlatformUploadStreams(t *testing.T) {
	p := newPlatform(t)
	r, w := io.Pipe()
	done := make(chan conformance.Echo)
	go func() {
		defer close(done)
		done <- p.echo(p.request(t.Context(), "POST", p.url("echo"), r))
	}()
	if _, err := w.Write(make([]byte, 100000)); err != nil {
		t.Fatal(err)
	}
	if p.tr.Capabilities().Has(driver.UploadStreamHTTP1) {
		p.events(conformance.EventBodyPart, 1)
	}
	if _, err := w.Write(make([]byte, 100000)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if e := <-done; e.Bytes != 200000 {
		t.Errorf("the origin saw %d bytes", e.Bytes)
	}
}

func TestPlatformUploadFaults(t *testing.T) {
	const declared = 100000
	broken := errors.New("disk on fire")
	for name, c := range map[string]struct {
		body io.Reader
		kind transport.Kind
		is   error
	}{
		"short": {bytes.NewReader(make([]byte, declared-1)), transport.KindInvalid, io.ErrUnexpectedEOF},
		"long":  {bytes.NewReader(make([]byte, declared+1)), transport.KindInvalid, nil},
		"fails": {io.MultiReader(bytes.NewReader(make([]byte, declared/2)), iotest.ErrReader(broken)), transport.KindOther, broken},
		"fails at the end": {io.MultiReader(bytes.NewReader(make([]byte, declared)), iotest.ErrReader(broken)),
			transport.KindOther, broken},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			body := &closeCounter{Reader: c.body}
			req := p.request(t.Context(), "PUT", p.url("echo"), body)
			req.ContentLength = declared
			resp, err := p.tr.RoundTrip(req)
			if err == nil {
				resp.Body.Close()
				t.Fatalf("got a response %s", resp.Status)
			}
			var e *transport.Error
			if !errors.As(err, &e) || e.Op != driver.OpUpload || e.Kind != c.kind || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want an upload error of kind %v matching %v", err, c.kind, c.is)
			}
			if n := body.closed.Load(); n != 1 {
				t.Errorf("the body was closed %d times", n)
			}
			all, err := p.witness.Events(t.Context(), p.token, "", 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range all {
				if ev.Kind == conformance.EventBodyEnd {
					t.Error("the origin saw a complete message")
				}
			}
		})
	}
}

func TestPlatformEarlyAnswer(t *testing.T) {
	p := newPlatform(t)
	if !p.tr.Capabilities().Has(driver.UploadDuplex) {
		// The negative form: the answer comes once the body is sent.
		resp := p.send(p.request(t.Context(), "POST", p.url("early"), strings.NewReader("small")))
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", resp.StatusCode)
		}
		return
	}
	r, w := io.Pipe()
	resp := p.send(p.request(t.Context(), "POST", p.url("early"), r))
	if body := make([]byte, 9); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	} else if _, err := io.ReadFull(resp.Body, body); err != nil || string(body) != "too large" {
		t.Errorf("body %q, %v", body, err)
	}
	resp.Body.Close()
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("the body was read after the response was closed")
	}
}
