// SPDX-License-Identifier: MIT

package wasi

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func TestNew(t *testing.T) {
	b, err := New(nil)
	if runtime.GOOS == "wasip1" {
		if err != nil {
			t.Fatal(err)
		}
	} else {
		var e *driver.Error
		var u *driver.Unsupported
		if b != nil || !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &e) || e.Op != driver.OpNew ||
			!errors.As(err, &u) || u.Feature != "wasi:http" {
			t.Errorf("New returned %v, %v", b, err)
		}
		body := &closeOnly{}
		if _, err := new(Backend).RoundTrip(&http.Request{Body: body}); !errors.Is(err, errors.ErrUnsupported) || !body.closed {
			t.Errorf("RoundTrip returned %v", err)
		}
	}
	if _, err := New(&Options{Timeouts: RequestOptions{BetweenBytesTimeout: -1}}); !errors.Is(err, driver.KindInvalid) {
		t.Errorf("a negative time limit: %v", err)
	}
}

type closeOnly struct{ closed bool }

func (*closeOnly) Read([]byte) (int, error) { return 0, errors.New("read") }
func (c *closeOnly) Close() error           { c.closed = true; return nil }

func TestConfigure(t *testing.T) {
	b := &Backend{}
	for name, config := range map[string]driver.Config{
		"Proxy":                  {Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }},
		"TLSClientConfig":        {TLSClientConfig: &tls.Config{}},
		"MaxResponseHeaderBytes": {MaxResponseHeaderBytes: 1},
	} {
		var u *driver.Unsupported
		if _, err := b.Configure(config); !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &u) || u.Feature != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := b.Configure(driver.Config{MaxBufferedBody: 1, DisableCompression: true})
	if err != nil {
		t.Fatal(err)
	}
	if b.options.DisableCompression || !c.(*Backend).options.DisableCompression {
		t.Error("Configure changed the receiver, or not the copy")
	}
	again, err := c.(*Backend).Configure(driver.Config{})
	if err != nil || !again.(*Backend).options.DisableCompression {
		t.Error("a zero field is not the backend's own setting")
	}
}

func TestRequestOptionsCheck(t *testing.T) {
	for _, o := range []RequestOptions{{ConnectTimeout: -1}, {FirstByteTimeout: -time.Second}, {BetweenBytesTimeout: -1}} {
		if o.check() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if (RequestOptions{1, 2, 3}).check() != nil {
		t.Error("positive limits are not taken")
	}
	want := RequestOptions{ConnectTimeout: 1}
	if got := WithRequestOptions(context.Background(), want).Value(requestOptionsKey{}); got != want {
		t.Errorf("the context has %v", got)
	}
}

func TestRequestOptionsOver(t *testing.T) {
	base := RequestOptions{ConnectTimeout: 1, FirstByteTimeout: 2, BetweenBytesTimeout: 3}
	for _, c := range []struct{ own, want RequestOptions }{
		{RequestOptions{}, base},
		{RequestOptions{ConnectTimeout: 7}, RequestOptions{7, 2, 3}},
		{RequestOptions{FirstByteTimeout: 7}, RequestOptions{1, 7, 3}},
		{RequestOptions{BetweenBytesTimeout: -7}, RequestOptions{1, 2, -7}}, // which check refuses
		{RequestOptions{7, 8, 9}, RequestOptions{7, 8, 9}},
	} {
		if got := c.own.over(base); got != c.want {
			t.Errorf("%+v: got %+v", c.own, got)
		}
	}
}

func TestCapabilities(t *testing.T) {
	c := new(Backend).Capabilities()
	for _, name := range []string{"connection", "HOST", "Proxy-Connection", "http2-settings", "Expect"} {
		if !c.ForbidsHeader(name) {
			t.Errorf("%s is not forbidden", name)
		}
	}
	for _, name := range []string{"User-Agent", "TE", "Cookie", "Origin", "Content-Length"} {
		if c.ForbidsHeader(name) {
			t.Errorf("%s is forbidden", name)
		}
	}
}
