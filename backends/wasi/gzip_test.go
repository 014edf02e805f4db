// SPDX-License-Identifier: MIT

package wasi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

func gzipped(t *testing.T, parts ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	for _, part := range parts {
		z := gzip.NewWriter(&buf)
		if _, err := io.WriteString(z, part); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

func encoded(coding string, body io.ReadCloser) *http.Response {
	return &http.Response{
		Header:        http.Header{"Content-Encoding": {coding}, "Content-Length": {"123"}},
		ContentLength: 123,
		Body:          body,
	}
}

func TestGzip(t *testing.T) {
	text := strings.Repeat("some text ", 10_000)
	good := gzipped(t, text)
	corrupt := bytes.Clone(good)
	corrupt[len(corrupt)-6] ^= 1 // the checksum
	for _, c := range []struct {
		name, coding string
		data         []byte
		want         string
		decoded      bool
		err          error
	}{
		{"plain", "gzip", good, text, true, nil},
		{"any case", " GZip ", good, text, true, nil},
		{"two members", "gzip", gzipped(t, "a", "b"), "ab", true, nil},
		{"empty", "gzip", nil, "", true, nil},
		{"another coding", "br", good, string(good), false, nil},
		{"two codings", "gzip, br", good, string(good), false, nil},
		{"truncated", "gzip", good[:len(good)-20], text, true, io.ErrUnexpectedEOF},
		{"without the end", "gzip", good[:len(good)-8], text, true, io.ErrUnexpectedEOF},
		{"truncated header", "gzip", good[:5], "", true, io.ErrUnexpectedEOF},
		{"corrupt", "gzip", corrupt, text, true, gzip.ErrChecksum},
		{"not gzip", "gzip", []byte("<html>not what it says</html>"), "", true, gzip.ErrHeader},
		{"garbage behind", "gzip", append(bytes.Clone(good), "garbage garbage"...), text, true, gzip.ErrHeader},
	} {
		resp := encoded(c.coding, io.NopCloser(bytes.NewReader(c.data)))
		decodeGzip(resp)
		if resp.Uncompressed != c.decoded || (resp.ContentLength == -1) != c.decoded || (resp.Header.Get("Content-Encoding") == "") != c.decoded {
			t.Errorf("%s: Uncompressed %v, ContentLength %d, header %v", c.name, resp.Uncompressed, resp.ContentLength, resp.Header)
		}
		got, err := io.ReadAll(resp.Body)
		if !errors.Is(err, c.err) || !strings.HasPrefix(c.want, string(got)) || c.err == nil && string(got) != c.want {
			t.Errorf("%s: %d bytes, %v", c.name, len(got), err)
		}
		var de *driver.Error
		if c.err != nil && (!errors.As(err, &de) || de.Op != driver.OpRead) {
			t.Errorf("%s: %v is not an Error", c.name, err)
		}
		if _, again := resp.Body.Read(make([]byte, 1)); c.err != nil && again != err {
			t.Errorf("%s: the next Read returns %v", c.name, again)
		}
	}
}

// TestGzipNoBody checks that the fields of a response without a body stay.
func TestGzipNoBody(t *testing.T) {
	resp := encoded("gzip", http.NoBody)
	resp.ContentLength = 0
	decodeGzip(resp)
	if resp.Uncompressed || resp.ContentLength != 0 || resp.Header.Get("Content-Encoding") != "gzip" || resp.Body != http.NoBody {
		t.Errorf("%+v", resp)
	}
}

// TestGzipStreams checks that nothing is read before the first Read, and that a flushed part
// is delivered while the next does not exist.
func TestGzipStreams(t *testing.T) {
	r, w := io.Pipe()
	resp := encoded("gzip", r)
	decodeGzip(resp) // would block if it read
	z := gzip.NewWriter(w)
	next := make(chan struct{})
	go func() {
		for range 3 {
			io.WriteString(z, "part")
			z.Flush()
			<-next
		}
		z.Close()
		w.Close()
	}()
	buf := make([]byte, 4)
	for range 3 {
		if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != "part" {
			t.Fatalf("%q, %v", buf, err)
		}
		next <- struct{}{}
	}
	if n, err := resp.Body.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("%d, %v at the end", n, err)
	}
}

// TestGzipClose checks that Close ends a Read that waits.
func TestGzipClose(t *testing.T) {
	r, w := io.Pipe()
	resp := encoded("gzip", r)
	decodeGzip(resp)
	failed := make(chan error)
	go func() {
		_, err := resp.Body.Read(make([]byte, 1))
		failed <- err
	}()
	w.Write(gzipped(t, "x")[:5]) // returns when the Read has begun
	resp.Body.Close()
	if err := <-failed; err == nil || err == io.EOF {
		t.Errorf("Read returned %v", err)
	}
}
