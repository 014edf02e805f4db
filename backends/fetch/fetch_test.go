// SPDX-License-Identifier: MIT

package fetch

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

// zero is a Backend that New did not make. Its options are as usable as any.
func zero() *Backend { return new(Backend) }

func TestConfigureRefusesByName(t *testing.T) {
	for field, config := range map[string]driver.Config{
		"Proxy":                  {Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }},
		"TLSClientConfig":        {TLSClientConfig: new(tls.Config)},
		"MaxResponseHeaderBytes": {MaxResponseHeaderBytes: 1},
		"DisableCompression":     {DisableCompression: true},
	} {
		_, err := zero().Configure(config)
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestConfigureCopies(t *testing.T) {
	b := zero()
	c, err := b.Configure(driver.Config{MaxBufferedBody: 7})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.(*Backend).opts.MaxBufferedBody; got != 7 || b.opts.MaxBufferedBody != 0 {
		t.Errorf("the copy has %d, the original %d", got, b.opts.MaxBufferedBody)
	}
	if _, err := b.Configure(driver.Config{MaxBufferedBody: -1}); !errors.Is(err, driver.KindInvalid) {
		t.Errorf("a negative limit: %v", err)
	}
	c, err = b.Configure(driver.Config{})
	if err != nil || c.(*Backend).opts.MaxBufferedBody != DefaultMaxBufferedBody {
		t.Errorf("default: %+v, %v", c, err)
	}
}

func TestNewChecksOptions(t *testing.T) {
	for _, opts := range []*Options{{MaxBufferedBody: -1}, {Init: RequestInit{Mode: "x"}}} {
		if b, err := New(opts); !errors.Is(err, driver.KindInvalid) || b != nil {
			t.Errorf("%+v: %v, %v", opts, b, err)
		}
	}
}

func TestZeroBackendFails(t *testing.T) {
	closed := false
	req, err := http.NewRequest("POST", "http://h/", closer{strings.NewReader("x"), &closed})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := zero().RoundTrip(req)
	if resp != nil || !errors.Is(err, errors.ErrUnsupported) || !closed {
		t.Errorf("got %v, %v, closed %v", resp, err, closed)
	}
	zero().CloseIdleConnections()
}

type closer struct {
	*strings.Reader
	closed *bool
}

func (c closer) Close() error {
	*c.closed = true
	return nil
}
