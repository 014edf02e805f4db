// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// Transport sends HTTP requests through the platform that the program runs on. It is an
// http.RoundTripper, and by Do a policy.Transporter of azcore.
//
// A Transport is safe for concurrent use and is meant to be shared. Its zero value is
// not usable: every call fails with KindInvalid.
type Transport struct {
	backend       driver.Backend
	sender        http.RoundTripper // backend, or what is bare below it
	netHTTP       driver.NetHTTP    // backend, if sender is bare
	caps          driver.Capabilities
	wrapped       func(*http.Request) (*http.Response, error) // Options.Wrap over exchange; nil without
	checkRedirect func(req *http.Request, via []*http.Request) error
	headerTimeout time.Duration
	log           func(exchangeRecord)                                                    // Options.Logger; nil without
	newCall       func(*Transport, *carried, *http.Request) (*call, *http.Request, error) // nil if no option needs it
	broken        error                                                                   // what every call returns when there is no backend
}

// New returns a Transport over the platform's own backend: fetch under GOOS=js,
// wasi:http under GOOS=wasip1, net/http everywhere else. A nil opts is a zero Options.
//
// It fails with KindUnsupported where the platform is not there (js without a fetch
// function) or cannot honour an option, and with KindInvalid for a wrong option.
func New(opts *Options) (*Transport, error) {
	backend, err := newDefault()
	if err != nil {
		return nil, asError(driver.OpNew, "", err)
	}
	return NewWith(backend, opts)
}

// NewWith returns a Transport over any backend. A program that uses only NewWith does
// not link the platform's own.
func NewWith(backend driver.Backend, opts *Options) (*Transport, error) {
	if backend == nil {
		return nil, &Error{Op: driver.OpNew, Kind: KindInvalid, Err: errorText("nil backend")}
	}
	if opts == nil {
		opts = new(Options)
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	if config, set := opts.config(); set {
		var err error
		if backend, err = configure(backend, config); err != nil {
			return nil, err
		}
	}
	caps, err := capabilities(backend)
	if err != nil {
		return nil, err
	}
	t := &Transport{backend: backend, sender: backend, caps: caps}
	if err := t.bare(); err != nil {
		return nil, err
	}
	t.checkRedirect, t.headerTimeout = opts.CheckRedirect, opts.ResponseHeaderTimeout
	if opts.Logger != nil {
		t.log = logTo(opts.Logger)
	}
	if t.log != nil || t.headerTimeout > 0 {
		t.newCall = newCall
	}
	if t.checkRedirect != nil && !t.caps.Has(driver.RedirectExpose) {
		return nil, unsupported(driver.OpNew, "CheckRedirect", "the platform follows redirects by itself")
	}
	if opts.Wrap != nil {
		if t.wrapped, err = wrap(opts.Wrap, t.exchange); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// capabilities asks a backend what it can do.
func capabilities(backend driver.Backend) (caps Capabilities, err error) {
	err = guarded(driver.OpNew, "the backend's Capabilities", func() error {
		caps = backend.Capabilities()
		return nil
	})
	return caps, err
}

// open returns a Transport with no options set. What carries out options is reached only from
// NewWith, so that a program that uses Default does not link it: log/slog alone is a
// thirteenth of a small wasm program.
func open(backend driver.Backend) *Transport {
	t := &Transport{backend: backend, sender: backend, caps: backend.Capabilities()}
	t.bare() // a backend of ours does not panic
	return t
}

// bare goes below a backend over net/http.
func (t *Transport) bare() error {
	n, ok := t.backend.(driver.NetHTTP)
	if !ok {
		return nil
	}
	return guarded(driver.OpNew, "the backend's Bare", func() error {
		if sender := n.Bare(t.backend); sender != nil {
			t.sender, t.netHTTP = sender, n
		}
		return nil
	})
}

// configure hands the options that need a backend's help to it.
func configure(backend driver.Backend, config driver.Config) (driver.Backend, error) {
	c, ok := backend.(driver.Configurable)
	if !ok {
		return nil, unsupported(driver.OpNew, firstSet(config), "the backend takes no options")
	}
	var configured driver.Backend
	err := guarded(driver.OpNew, "the backend's Configure", func() (err error) {
		configured, err = c.Configure(config)
		return err
	})
	if err != nil {
		return nil, asError(driver.OpNew, "", err)
	}
	if configured == nil {
		return nil, &Error{Op: driver.OpNew, Kind: KindOther, Err: errorText("the backend's Configure returned nil")}
	}
	return configured, nil
}

// firstSet names a field of config that is set.
func firstSet(config driver.Config) string {
	switch {
	case config.Proxy != nil:
		return "Proxy"
	case config.TLSClientConfig != nil:
		return "TLSClientConfig"
	case config.MaxResponseHeaderBytes != 0:
		return "MaxResponseHeaderBytes"
	case config.MaxBufferedBody != 0:
		return "MaxBufferedBody"
	}
	return "DisableCompression"
}

var shared struct {
	once sync.Once
	t    *Transport
}

// Default returns a Transport with no options set that all callers share. Where the
// platform is not there, its calls fail with KindUnsupported; it never panics.
func Default() *Transport {
	// The sync.Once is used inside the function on purpose: a package-level
	// sync.OnceValue would keep the platform's backend linked in every program, and a
	// wasip1 module that imports wasi:http does not start on a plain preview-1 host.
	shared.once.Do(func() {
		backend, err := newDefault()
		if err != nil {
			shared.t = &Transport{broken: asError(driver.OpNew, "", err)}
			return
		}
		shared.t = open(backend)
	})
	return shared.t
}

// Capabilities reports what the platform can do. It is empty when there is none.
func (t *Transport) Capabilities() Capabilities { return t.caps }

// CloseIdleConnections closes connections that are kept for later requests, where the
// platform lets a program do so. It does not disturb requests under way.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.backend.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip performs one exchange, as http.RoundTripper describes: it returns a
// response for every status code, and does not follow redirects unless the platform
// gives no choice (see driver.RedirectExpose).
//
// The request is not modified; its body is closed before RoundTrip returns an error,
// or else when it has been sent or the response body is closed. Exactly one of
// response and error is nil. Errors are of type *Error.
//
// The context governs the response body, too, but not what is behind a 101 (see
// driver.Upgrade): that is the program's own connection, as with net/http. It is logged
// with the 101, and Progress does not count it. Its body is an io.Writer, and has
// CloseWrite where the platform's has.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.wrapped != nil && req != nil {
		return t.wrapped(req)
	}
	return t.exchange(req)
}

// asError returns err as an *Error. Errors of other types become KindOther, and URLs are taken
// out of their texts.
func asError(op, backend string, err error) *Error {
	if e, ok := err.(*Error); ok {
		if e == nil {
			return &Error{Op: op, Kind: KindOther, Backend: backend, Err: errorText("the error is a nil *Error")}
		}
		return e
	}
	return &Error{Op: op, Kind: kindOf(err), Backend: backend, Err: cleaned(err)}
}

// kindOf is the class of an error that a backend did not classify.
func kindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return e.Kind
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return KindUnsupported
	case errors.Is(err, context.Canceled):
		return KindCanceled
	}
	// AsType, and not As, here and elsewhere: As links reflection.
	if e, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && e.Timeout() {
		return KindTimeout
	}
	return KindOther
}

// unsupported returns the error for something that the platform cannot do.
//
//go:noinline
func unsupported(op, feature, reason string) *Error {
	return &Error{Op: op, Kind: KindUnsupported, Err: &Unsupported{Feature: feature, Reason: reason}}
}

// closeBody closes the body of a request that is not going to be sent.
func closeBody(req *http.Request) {
	if req != nil && req.Body != nil {
		guarded(driver.OpSend, "Request.Body", req.Body.Close)
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
