// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

func TestPlatformDownloadStreams(t *testing.T) {
	for _, length := range []string{"0", "1"} {
		t.Run("length="+length, func(t *testing.T) {
			p := newPlatform(t)
			const first, second = 3000, 5000
			resp := p.send(p.request(t.Context(), "GET", p.url("gate", "length", length,
				"first", strconv.Itoa(first), "second", strconv.Itoa(second)), nil))
			buf := make([]byte, first)
			if _, err := io.ReadFull(resp.Body, buf); err != nil {
				t.Fatalf("first part: %v", err)
			}
			if strings.Trim(string(buf), "a") != "" {
				t.Fatal("the first part is not what was sent")
			}
			// The server has not been released: it cannot have sent the rest.
			p.events(conformance.EventGateWait, 1)
			p.release("go")
			if rest := p.read(resp); len(rest) != second || strings.Trim(string(rest), "b") != "" {
				t.Fatalf("the second part has %d bytes, want %d", len(rest), second)
			}
			if n, err := resp.Body.Read(buf); n != 0 || err != io.EOF {
				t.Errorf("after the end: %d, %v", n, err)
			}
		})
	}
}

func TestPlatformDownloadBytes(t *testing.T) {
	p := newPlatform(t)
	for _, size := range []int{0, 1, 65535, 65536, 65537, 3 << 20} {
		for _, length := range []string{"0", "1"} {
			resp := p.send(p.request(t.Context(), "GET", p.url("bytes", "size", strconv.Itoa(size), "length", length), nil))
			want := int64(size)
			if length == "0" && size > 0 {
				want = -1
			}
			// A small body without a declared length gets one from the server.
			if resp.ContentLength != want && (size == 0 || size > 1) {
				t.Errorf("size %d, length=%s: ContentLength %d, want %d", size, length, resp.ContentLength, want)
			}
			if got := p.read(resp); !bytes.Equal(got, conformance.Pattern(size, 1)) {
				t.Errorf("size %d, length=%s: other bytes arrived (%d of them)", size, length, len(got))
			}
		}
	}
	want := conformance.Pattern(300000, 1)
	resp := p.send(p.request(t.Context(), "GET", p.url("bytes", "size", "300000"), nil))
	if err := iotest.TestReader(io.MultiReader(resp.Body), want); err != nil {
		t.Error(err)
	}
	resp = p.send(p.request(t.Context(), "GET", p.url("bytes", "size", "300000"), nil))
	var buf bytes.Buffer
	if n, err := io.Copy(&buf, resp.Body); n != 300000 || err != nil || !bytes.Equal(buf.Bytes(), want) {
		t.Errorf("io.Copy: %d, %v", n, err)
	}
}

func TestPlatformTruncatedBody(t *testing.T) {
	for name, pairs := range map[string][]string{
		"length":  {"declared", "1000", "sent", "100"},
		"chunked": {"chunked", "1", "sent", "100"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			resp, err := p.tr.RoundTrip(p.request(t.Context(), "GET", p.url("cut", pairs...), nil))
			if err == nil {
				var n int64
				n, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if n > 100 {
					t.Errorf("%d bytes arrived of 100 that were sent", n)
				}
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, transport.KindNetwork) {
				t.Errorf("got %v, want io.ErrUnexpectedEOF of KindNetwork", err)
			}
		})
	}
}

func TestPlatformDecodes(t *testing.T) {
	p := newPlatform(t)
	resp := p.send(p.request(t.Context(), "GET", p.url("gzip", "size", "70000"), nil))
	if got := p.read(resp); !bytes.Equal(got, conformance.Pattern(70000, 1)) {
		t.Errorf("%d bytes, not the decoded ones", len(got))
	}
	if ce := resp.Header.Get("Content-Encoding"); ce != "" || resp.ContentLength != -1 || !resp.Uncompressed {
		t.Errorf("Content-Encoding %q, ContentLength %d, Uncompressed %v", ce, resp.ContentLength, resp.Uncompressed)
	}
}

func TestPlatformClose(t *testing.T) {
	p := newPlatform(t)
	resp := p.send(p.request(t.Context(), "GET", p.url("endless"), nil))
	if _, err := io.ReadFull(resp.Body, make([]byte, 100000)); err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if n, err := resp.Body.Read(make([]byte, 10)); n != 0 || err != http.ErrBodyReadAfterClose {
		t.Errorf("Read after Close: %d, %v", n, err)
	}
	p.events(conformance.EventGone, 1)
}

func TestPlatformCloseUnblocksRead(t *testing.T) {
	p := newPlatform(t)
	resp := p.send(p.request(t.Context(), "GET", p.url("gate"), nil))
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, err := resp.Body.Read(make([]byte, 10))
		read <- err
	}()
	p.events(conformance.EventGateWait, 1)
	resp.Body.Close()
	if err := <-read; err == nil || err == io.EOF {
		t.Errorf("the Read that Close has ended returned %v", err)
	}
	p.events(conformance.EventGone, 1)
}
