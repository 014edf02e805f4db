// SPDX-License-Identifier: MIT

// Package seam is what the copies of the libraries call where they make a transport or use
// one. It decides, by a variable of the environment, whose transport a test binary uses, so
// that one binary serves for both. It imports the standard library only, and the transport
// under test is brought in by a test file: that way a changed transport recompiles the
// test file and not the libraries.
package seam

import (
	"errors"
	"net/http"
	"os"
	"sync"
)

// Variables of the environment.
const (
	// Variable selects the transport: "ours", or anything else for the library's own.
	Variable = "ISOHTTP_DROPIN"
	// CountsVariable names the file of counts. A line in it is "ours" or "all", a space,
	// and the folder of the package under test.
	CountsVariable = "ISOHTTP_DROPIN_COUNTS"
)

// Transport is what takes the place of the standard one.
type Transport interface {
	http.RoundTripper
	Do(*http.Request) (*http.Response, error)
	CloseIdleConnections()
}

// Maker makes a Transport. With a base it sends through that one and so with its settings;
// with nil it has settings of its own.
type Maker func(base *http.Transport) (Transport, error)

// maker is written once, by the initialization of a test file.
var maker Maker

// Use sets the maker.
func Use(m Maker) struct{} {
	maker = m
	return struct{}{}
}

// UseByDefault puts a Transport in the place of http.DefaultTransport.
func UseByDefault() struct{} {
	http.DefaultTransport = Own(http.DefaultTransport)
	return struct{}{}
}

func ours() bool { return os.Getenv(Variable) == "ours" }

// Over returns rt, or ours over it. What is not an *http.Transport is a double that belongs
// to a test, and stays.
func Over(rt http.RoundTripper) http.RoundTripper {
	base, ok := rt.(*http.Transport)
	if !ours() || !ok {
		return rt
	}
	return &later{base: base}
}

// Own returns rt, or ours with its own settings.
func Own(rt http.RoundTripper) http.RoundTripper {
	if !ours() {
		return rt
	}
	return &later{}
}

// ClientOver returns c, or a copy of it that uses Over.
func ClientOver(c *http.Client) *http.Client {
	if !ours() {
		return c
	}
	copied := *c
	copied.Transport = Over(c.Transport)
	return &copied
}

// ClientOwn returns c, or a copy of it that uses Own.
func ClientOwn(c *http.Client) *http.Client {
	if !ours() {
		return c
	}
	copied := *c
	copied.Transport = Own(c.Transport)
	return &copied
}

// Do sends req by c, or by the Do of ours over c's transport.
func Do(c *http.Client, req *http.Request) (*http.Response, error) {
	if base, ok := c.Transport.(*http.Transport); ok && ours() {
		t, err := newTransport(base)
		if err != nil {
			return nil, err
		}
		return t.Do(req)
	}
	return c.Do(req)
}

// newTransport calls the maker, which a copy without the test file lacks.
func newTransport(base *http.Transport) (Transport, error) {
	if maker == nil {
		return nil, errors.New("seam: no test file has called Use")
	}
	return maker(base)
}

// later makes its Transport when it is first used: what a library initializes comes before
// what the test file does.
type later struct {
	base *http.Transport

	once sync.Once
	t    Transport
	err  error
}

func (l *later) get() (Transport, error) {
	l.once.Do(func() { l.t, l.err = newTransport(l.base) })
	return l.t, l.err
}

func (l *later) RoundTrip(req *http.Request) (*http.Response, error) {
	t, err := l.get()
	if err != nil {
		return nil, err
	}
	return t.RoundTrip(req)
}

func (l *later) CloseIdleConnections() {
	if t, err := l.get(); err == nil {
		t.CloseIdleConnections()
	}
}
