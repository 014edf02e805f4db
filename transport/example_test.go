// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// service stands for a server, so that the examples print the same everywhere.
type service struct{}

func (service) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: 5, Body: io.NopCloser(strings.NewReader("hello"))}
	switch {
	case req.URL.Path == "/moved":
		resp.StatusCode = http.StatusFound
		resp.Header.Set("Location", "/")
	case req.Body != nil:
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	return resp, nil
}

func (service) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.RedirectExpose).WithForbiddenHeaders("Cookie")
}

// newExample is New for the examples: in a program, it is transport.New(opts).
func newExample(opts *transport.Options) *transport.Transport {
	t, err := transport.NewWith(service{}, opts)
	if err != nil {
		panic(err)
	}
	return t
}

// One shared Transport is enough for a program. It is an http.RoundTripper, and a
// policy.Transporter of azcore.
func ExampleDefault() {
	t := transport.Default()
	client := &http.Client{Transport: t}
	_ = client // client.Get, or client for a library that takes one

	req, err := http.NewRequest("GET", "https://example.com/", nil)
	if err != nil {
		return
	}
	_ = func() error { // not called here: there is no network in an example
		resp, err := t.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(os.Stdout, resp.Body)
		return err
	}
}

// What a platform cannot do is an error, in New for an option and before anything is sent
// for a request.
func ExampleNew() {
	t, err := transport.New(&transport.Options{ResponseHeaderTimeout: 30 * time.Second})
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Println("not on this platform:", err)
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	if t.Capabilities().Has(driver.Proxy) {
		// ...
	}
}

func ExampleTransport_Do() {
	t := newExample(nil)
	req, _ := http.NewRequest("GET", "http://example.com/moved", nil)
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Request.URL)
	// Output: 200 OK http://example.com/
}

func ExampleTransport_RoundTrip() {
	t := newExample(nil)
	req, _ := http.NewRequest("GET", "http://example.com/moved", nil)
	resp, err := t.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Location"))
	// Output: 302 Found /
}

// A header that the platform does not let a program set is refused by name.
func ExampleTransport_Capabilities() {
	t := newExample(nil)
	req, _ := http.NewRequest("GET", "http://example.com/", nil)
	req.Header.Set("Cookie", "a=b")
	_, err := t.Do(req)
	var u *transport.Unsupported
	fmt.Println(t.Capabilities().ForbidsHeader("Cookie"), errors.As(err, &u), errors.Is(err, errors.ErrUnsupported))
	fmt.Println(err)
	// Output:
	// true true true
	// isohttp: send: unsupported: request header "Cookie" cannot be set on this platform
}

func ExampleWithRequestOptions() {
	t := newExample(nil)
	ctx := transport.WithRequestOptions(context.Background(), transport.RequestOptions{
		Progress: func(p transport.Progress) {
			fmt.Printf("sent %d of %d, received %d of %d\n", p.Sent, p.SentTotal, p.Received, p.ReceivedTotal)
		},
	})
	req, _ := http.NewRequestWithContext(ctx, "PUT", "http://example.com/", strings.NewReader("a body"))
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	// Output:
	// sent 5 of 6, received 0 of -1
	// sent 6 of 6, received 0 of -1
	// sent 6 of 6, received 5 of 5
}

// The error's class says what happened, and its chain why.
func ExampleError() {
	t := newExample(nil)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the user left the page"))
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://example.com/?sig=secret", nil)
	_, err := t.Do(req)
	fmt.Println(errors.Is(err, transport.KindCanceled), errors.Is(err, context.Canceled))
	fmt.Println(err)
	// Output:
	// true true
	// isohttp: send: canceled: context canceled: the user left the page
}

// Middleware goes around every exchange, redirects included.
func ExampleOptions_wrap() {
	t := newExample(&transport.Options{Wrap: func(next http.RoundTripper) http.RoundTripper {
		return middleware(func(req *http.Request) (*http.Response, error) {
			fmt.Println(req.Method, req.URL.Path)
			return next.RoundTrip(req)
		})
	}})
	req, _ := http.NewRequest("GET", "http://example.com/moved", nil)
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	// Output:
	// GET /moved
	// GET /
}

func ExampleOptions_checkRedirect() {
	t := newExample(&transport.Options{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		return http.ErrUseLastResponse
	}})
	req, _ := http.NewRequest("GET", "http://example.com/moved", nil)
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 302 Found
}

func ExampleOptions_logger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Value.Kind() == slog.KindDuration {
				return slog.Attr{}
			}
			return a
		},
	}))
	t := newExample(&transport.Options{Logger: logger})
	req, _ := http.NewRequest("GET", "http://example.com/path?sig=secret", nil)
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	// Output: level=DEBUG msg="http exchange" method=GET host=example.com status=200 sent=0 received=5
}
