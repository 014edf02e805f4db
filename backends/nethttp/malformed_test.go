// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

// TestMalformedBodies: a body that cannot be read to its end has a class, and one that was cut
// matches io.ErrUnexpectedEOF.
func TestMalformedBodies(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	long := strings.Repeat("x", 9000)
	encoded := func(body string) string {
		return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	var whole bytes.Buffer
	w := gzip.NewWriter(&whole)
	io.WriteString(w, "abc")
	w.Close()
	sum := bytes.Clone(whole.Bytes())
	sum[len(sum)-8]++
	const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	for _, c := range []struct {
		name, answer string
		kind         driver.Kind
		cut          bool
		is           error
	}{
		{"cut in a chunk", chunked + "3\r\nab", driver.KindNetwork, true, nil},
		{"cut between chunks", chunked + "3\r\nabc\r\n", driver.KindNetwork, true, nil},
		{"cut after the last chunk", chunked + "3\r\nabc\r\n0\r\n", driver.KindNetwork, true, nil},
		{"cut in the trailer", chunked + "3\r\nabc\r\n0\r\nX: y\r\n", driver.KindNetwork, true, nil},
		{"cut by length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", driver.KindNetwork, true, nil},
		{"no end of a chunk", chunked + "3\r\nabcd\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"long chunk line", chunked + "3;" + long + "\r\nabc\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"bare LF", chunked + "3\nabc\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"CR in a chunk line", chunked + "3\r3\r\nabc\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"empty chunk length", chunked + "\r\nabc\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"no hex number", chunked + "z\r\nabc\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"large chunk length", chunked + "11111111111111111\r\nabc\r\n0\r\n\r\n", driver.KindProtocol, false, nil},
		{"trailer without colon", chunked + "0\r\nx\r\n\r\n", driver.KindProtocol, false, nil},
		{"gzip header", encoded("no gzip at all"), driver.KindProtocol, false, gzip.ErrHeader},
		{"gzip checksum", encoded(string(sum)), driver.KindProtocol, false, gzip.ErrChecksum},
		{"corrupt deflate", encoded(gzipHeader + strings.Repeat("\xff", 10)), driver.KindProtocol, false, flate.CorruptInputError(1)},
		{"cut gzip", encoded(gzipHeader + "\x4b\x4c"), driver.KindNetwork, true, nil},
		{"cut coded body", encoded(whole.String())[:len(encoded(whole.String()))-3], driver.KindNetwork, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, err := newTransport(t, nil).RoundTrip(get(t, t.Context(), serveRaw(t, c.answer)))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			var e *driver.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Op != driver.OpRead || e.Backend != "nethttp" {
				t.Errorf("got %v, want kind %v", err, c.kind)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) != c.cut {
				t.Errorf("%v matches io.ErrUnexpectedEOF: %v, want %v", err, !c.cut, c.cut)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not in the chain of %v", c.is, err)
			}
		})
	}
}

// TestLongTrailer: net/http gives a trailer that is longer than its buffer and one that is cut the
// same text, so they have the same class. It never looks whole.
func TestLongTrailer(t *testing.T) {
	address := serveRaw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: "+strings.Repeat("x", 9000)+"\r\n\r\n")
	resp, err := newTransport(t, nil).RoundTrip(get(t, t.Context(), address))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err = io.ReadAll(resp.Body); !errors.Is(err, driver.KindNetwork) || !strings.Contains(err.Error(), "suspiciously long trailer") {
		t.Errorf("got %v", err)
	}
}

// TestMalformedHeaders: what a server's header can be, less what TestErrorKinds has.
func TestMalformedHeaders(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, answer := range map[string]string{
		"folded first line": ok + " " + strings.Repeat("x", 200) + "\r\n\r\n",
		"empty length":      ok + "Content-Length: \r\n\r\n",
		"several lengths":   ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"coding":            ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"trailer key":       ok + "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\n\r\n",
		"words of a limit":  ok + "server response headers exceeded\r\n\r\n",
	} {
		resp, err := newTransport(t, nil).RoundTrip(get(t, t.Context(), serveRaw(t, answer)))
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, driver.KindProtocol) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestResetBody: a body that a reset ends has ended too early, whatever else is known of it.
func TestResetBody(t *testing.T) {
	begun := make(chan struct{})
	addr := serveConns(t, func(c *net.TCPConn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
		<-begun
		c.SetLinger(0) // a reset instead of an end
	})
	resp, err := newTransport(t, nil).RoundTrip(get(t, t.Context(), "http://"+addr))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	close(begun)
	var op *net.OpError
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, driver.KindNetwork) || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &op) {
		t.Errorf("got %v", err)
	}
}
