// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// gatherer stands for a platform that cannot stream a request body.
type gatherer struct {
	service
	limit int64
}

func (g gatherer) Configure(config driver.Config) (driver.Backend, error) {
	return gatherer{limit: config.MaxBufferedBody}, nil
}

func (g gatherer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.ContentLength > g.limit {
		return nil, &driver.Error{Op: driver.OpUpload, Kind: driver.KindLimit, Backend: "example", Err: errors.New("request body too large")}
	}
	return g.service.RoundTrip(req)
}

// A backend of one's own, or a platform's with its own options, takes the place of the
// build's.
func ExampleNewWith() {
	t, err := transport.NewWith(gatherer{}, &transport.Options{MaxBufferedBody: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, body := range []string{"tiny", "large"} {
		req, _ := http.NewRequest("PUT", "http://example.com/", strings.NewReader(body))
		resp, err := t.Do(req)
		if err != nil {
			fmt.Println(err, errors.Is(err, transport.KindLimit))
			continue
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	// Output:
	// 200 OK
	// isohttp: example: upload: limit exceeded: request body too large true
}

// portable returns a Transport with the options, or on a platform that cannot honour one of
// them a Transport without any.
func portable(opts *transport.Options) (*transport.Transport, error) {
	t, err := transport.New(opts)
	if errors.Is(err, errors.ErrUnsupported) {
		return transport.New(nil)
	}
	return t, err
}

// Proxies are a matter of the browser, of the runtime or of the WASI host elsewhere than on a
// native platform, and New says so there.
func ExampleOptions_proxy() {
	proxy := &url.URL{Scheme: "socks5", Host: "127.0.0.1:1080"}
	t, err := transport.New(&transport.Options{Proxy: http.ProxyURL(proxy)})
	if errors.Is(err, errors.ErrUnsupported) {
		return // err names the option
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.CloseIdleConnections()
	fmt.Println(t.Capabilities().Has(driver.Proxy))
}

// An authority of one's own, and a client certificate.
func ExampleOptions_tLSClientConfig() {
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile("authority.pem"); err == nil {
		roots.AppendCertsFromPEM(pem)
	}
	t, err := portable(&transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}})
	if err != nil {
		fmt.Println(err)
		return
	}
	t.CloseIdleConnections()
}

// A response header beyond the limit is an error of KindLimit.
func ExampleOptions_maxResponseHeaderBytes() {
	t, err := portable(&transport.Options{MaxResponseHeaderBytes: 64 << 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	t.CloseIdleConnections()
}

// Bodies arrive as they were stored, with their Content-Encoding.
func ExampleOptions_disableCompression() {
	t, err := portable(&transport.Options{DisableCompression: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	t.CloseIdleConnections()
}

// Limits of single phases are kept by net/http and by wasi:http. The context's deadline and
// ResponseHeaderTimeout are kept everywhere.
func ExampleRequestOptions_phaseTimeouts() {
	t := newExample(nil)
	opts := transport.RequestOptions{ResponseHeaderTimeout: 20 * time.Second}
	if t.Capabilities().Has(driver.PhaseTimeout) {
		opts.ConnectTimeout, opts.BetweenBytesTimeout = 5*time.Second, 10*time.Second
	}
	ctx := transport.WithRequestOptions(context.Background(), opts)
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://example.com/", nil)
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()

	// Without the capability such an option is refused before anything is sent.
	ctx = transport.WithRequestOptions(context.Background(), transport.RequestOptions{ConnectTimeout: time.Second})
	_, err = t.Do(req.WithContext(ctx))
	fmt.Println(err)
	// Output:
	// isohttp: send: unsupported: ConnectTimeout is not available on this platform: the platform has no time limits of its own
}
