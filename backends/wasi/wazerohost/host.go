// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Config says what guests may do. The zero value, and a nil Config, let them do nothing.
type Config struct {
	// Grants has the destinations that guests may reach. Without any, every request
	// is refused.
	Grants []Grant

	// RoundTripper sends the requests that were granted. It must not follow
	// redirects (an http.Client does, so wrap none), and it takes over the
	// duty to look at the addresses that names resolve to; see [Grant]. Nil
	// means a transport of the Host's own that does, with connection reuse and
	// HTTP/2, and without a proxy.
	RoundTripper http.RoundTripper

	// TLSClientConfig is the TLS configuration of the Host's own RoundTripper; nil is
	// the default one. ServerName and NextProtos are set for each connection.
	TLSClientConfig *tls.Config

	// Limits bounds what a guest can make the Host hold.
	Limits Limits
}

// Host is the set of host modules in one runtime, and what its guests hold. It is safe
// for concurrent use.
type Host struct {
	grants    grants
	limits    Limits
	transport http.RoundTripper
	own       *http.Transport // transport, when it is the Host's own; closed by it
	modules   []api.Module    // owned: closed by Close
	epoch     time.Time       // instant zero of the clock that guests see
	buffers   sync.Pool       // of *[]byte, each of limits.BufferBytes

	mu      sync.Mutex
	closed  bool
	guests  map[api.Module]*guest // owned: closed by sweep and shutdown
	running int                   // goroutines of exchanges
	idle    chan struct{}         // made by the first Close, closed when running is 0
}

// Instantiate adds the host modules to r. Do it once for a runtime, before guests that
// import them are instantiated. Closing the runtime closes the Host as well.
func Instantiate(ctx context.Context, r wazero.Runtime, config *Config) (*Host, error) {
	if config == nil {
		config = &Config{}
	}
	gs, err := newGrants(config.Grants)
	if err != nil {
		return nil, err
	}
	h := &Host{
		grants:    gs,
		limits:    config.Limits.withDefaults(),
		transport: config.RoundTripper,
		epoch:     time.Now(),
		guests:    make(map[api.Module]*guest),
	}
	h.buffers.New = func() any {
		b := make([]byte, h.limits.BufferBytes)
		return &b
	}
	if h.transport == nil {
		h.own = newTransport(gs, int64(h.limits.HeaderBytes), config.TLSClientConfig)
		h.transport = h.own
	}
	// The runtime closes host modules too; that is how a Host that nobody closes
	// learns of its end.
	ctx = experimental.WithCloseNotifier(ctx, experimental.CloseNotifyFunc(func(context.Context, uint32) { h.shutdown() }))
	for _, m := range interfaces() {
		b := r.NewHostModuleBuilder(m.name)
		for _, f := range m.funcs {
			b.NewFunctionBuilder().
				WithGoModuleFunction(h.bind(f), f.params, f.results).
				WithName(f.name).Export(f.name)
		}
		mod, err := b.Instantiate(ctx)
		if err != nil {
			return nil, errors.Join(err, h.Close(ctx))
		}
		h.modules = append(h.modules, mod)
	}
	return h, nil
}

// MustInstantiate is Instantiate, and panics when that fails.
func MustInstantiate(ctx context.Context, r wazero.Runtime, config *Config) *Host {
	h, err := Instantiate(ctx, r, config)
	if err != nil {
		panic(err)
	}
	return h
}

// Context returns a context to instantiate guests with, so that what they hold is
// released the moment they close. It sets wazero's close notifier; a program that
// has one of its own calls CloseNotify from there instead.
func (h *Host) Context(ctx context.Context) context.Context {
	return experimental.WithCloseNotifier(ctx, h)
}

// CloseNotify releases what closed guests hold. It implements
// experimental.CloseNotifier of wazero.
func (h *Host) CloseNotify(context.Context, uint32) { h.sweep() }

// Handles returns how many handles the guests that are not closed hold at present:
// requests, responses, bodies, streams, fields, pollables and so on. It is 0
// when each guest has released all that it asked for.
func (h *Host) Handles() int {
	h.sweep()
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, g := range h.guests {
		n += g.table.len()
	}
	return n
}

// Close stops all exchanges, releases everything that guests hold, closes the host
// modules, and waits until the last goroutine of an exchange has ended or ctx has.
// Guests that are still running get a trap at their next call.
func (h *Host) Close(ctx context.Context) error {
	h.shutdown()
	var errs []error
	for _, m := range h.modules {
		errs = append(errs, m.Close(ctx))
	}
	h.mu.Lock()
	if h.idle == nil {
		h.idle = make(chan struct{})
		if h.running == 0 {
			close(h.idle)
		}
	}
	h.mu.Unlock()
	select {
	case <-h.idle:
	case <-ctx.Done():
		errs = append(errs, context.Cause(ctx))
	}
	if h.own != nil {
		h.own.CloseIdleConnections() // the last exchanges may have left some
	}
	return errors.Join(errs...)
}

// spawn runs f in a goroutine that Close waits for.
func (h *Host) spawn(f func()) {
	h.mu.Lock()
	h.running++
	h.mu.Unlock()
	go func() {
		defer func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.running--; h.running == 0 && h.idle != nil {
				select {
				case <-h.idle:
				default:
					close(h.idle)
				}
			}
		}()
		f()
	}()
}

// shutdown releases everything. It is called once or more, by Close and by the runtime.
func (h *Host) shutdown() {
	h.mu.Lock()
	all := h.guests
	h.guests, h.closed = nil, true
	h.mu.Unlock()
	for _, g := range all {
		g.close()
	}
	if h.own != nil {
		h.own.CloseIdleConnections()
	}
}

// sweep releases what closed guests hold.
func (h *Host) sweep() {
	var gone []*guest
	h.mu.Lock()
	for mod, g := range h.guests {
		if mod.IsClosed() {
			gone = append(gone, g)
			delete(h.guests, mod)
		}
	}
	h.mu.Unlock()
	for _, g := range gone {
		g.close()
	}
}

// guest returns the state of a guest module, made at its first call.
func (h *Host) guest(mod api.Module) *guest {
	h.mu.Lock()
	g, closed := h.guests[mod], h.closed
	h.mu.Unlock()
	if g != nil {
		return g
	}
	if closed || mod.IsClosed() {
		panic(trap("the host is closed"))
	}
	h.sweep()
	g = newGuest(h, mod)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		panic(trap("the host is closed"))
	}
	h.guests[mod] = g
	return g
}
