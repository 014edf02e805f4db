// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// Transport is what is under test.
type Transport interface {
	http.RoundTripper
	Do(*http.Request) (*http.Response, error)
	CloseIdleConnections()
	// Capabilities decides about the cases that a capability gates: their positive form
	// runs if it is declared, their negative twin if it is not.
	Capabilities() driver.Capabilities
}

// Backend is a transport's entry in the suite.
type Backend struct {
	// Name is the profile's name in the matrix, "nethttp" or "fetch/chromium". It should
	// name the engine where the same code runs on several. It also says what is expected: of
	// "nethttp" what net/http does, of "fetch/chromium", "fetch/firefox" and "fetch/webkit" what a page can
	// do, of other names with "fetch/" what JavaScript on a server can, of those with "wasi/" what a guest
	// can. For any other name it is the platform that the tests are built for.
	Name string
	// New returns a fresh transport. It is called for each case, with the options that the
	// case asks for. An option that the platform cannot honor is an error that matches
	// errors.ErrUnsupported; silence is a defect, which CT-10 finds.
	New func(TB, Config) (Transport, error)
	// Adds are the request headers that the platform adds by itself. A name that ends in
	// "-" stands for all that begin with it.
	Adds []string
	// Environment are the features of the surroundings that this profile has, out of
	// "ca", "alias-host", "ipv6", "proxy", "inject" and "grants", beside those that the
	// runner has prepared (EnvFeatures) and those of the origin ("ipv6", "proxy"). A case that
	// needs another one has the state env.
	Environment []string
	// Declared is what the profile's platform is. Before the first case it is compared with
	// what is found; a difference fails the run. Nil is no comparison.
	Declared *Declaration
	// Deviations are the known defects of the engine.
	Deviations []Deviation
	// Held counts what the platform holds for the program, by kind: references to JavaScript
	// values, handles of a host. After every case each count must be back to what it was before.
	// Nil counts nothing; goroutines are always counted. leak.Platform is one that knows js and
	// wasi:http.
	Held func() map[string]int
}

// Config has the options that a case asks for. Its zero value is the default of everything.
type Config struct {
	driver.Config

	// Redirect is "manual" where a case wants to see redirects and "follow" where it wants
	// the platform to follow them. Platforms on which RoundTrip returns redirects anyway
	// have nothing to do for "manual".
	Redirect string
	// StreamBody asks for request bodies to be streamed where that is not the default.
	StreamBody bool
	// The time limits of single phases of every call: until there is a connection, from
	// there until the response begins, and of each wait for more of its body. A transport
	// that cannot keep them says so in New, or when it is used.
	ConnectTimeout, FirstByteTimeout, BetweenBytesTimeout time.Duration
	// RootCA is the certificate, PEM, of the authority that the origin's TLS listeners
	// have theirs from, where the surroundings have the feature "ca". A backend that
	// takes its roots from the program is to trust it; where the engine has its own,
	// who runs it has installed it there.
	RootCA string
	// Broken asks for a transport whose platform is defective: "missing", "throws" or
	// "rejects".
	Broken string
}

// Deviation is a known defect of an engine, not of the backend. The case is expected to
// fail; that it passes is a failure, because the entry is stale then.
type Deviation struct {
	ID         string // of the case
	Evidence   string // how it is known to be the engine's: the same exchange without the backend
	WorkAround string // what a program can do about it; empty if there is nothing
	// Since and Until are the first and the last major version of the engine that the entry is
	// for; zero is no bound. On another version it is an error.
	Since, Until int
	Review       time.Time // after this the entry is an error; zero is never
}

// TB is what New is told about the case. *testing.T is one.
type TB interface {
	Name() string
	Helper()
	Logf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// Adapt makes a Transport of a RoundTripper, raw: nothing is checked, repaired or added.
//
// Do is what everybody gets who has nothing but the RoundTripper: that of an http.Client over it,
// which follows redirects. Only the client's own texts are kept out, for they print the URL:
// the *url.Error around every error, and the location that cannot be parsed.
//
// A RoundTripper that is a driver.Backend says itself what it can do, and which request headers
// it refuses; any other one is said to have all capabilities and to refuse no header. Either
// way those named in lacks are taken off.
func Adapt(rt http.RoundTripper, lacks ...driver.Capability) Transport {
	caps := driver.NewCapabilities(driver.AllCapabilities()...)
	if b, ok := rt.(driver.Backend); ok {
		caps = b.Capabilities()
	}
	return adapted{rt, caps.Without(lacks...)}
}

type adapted struct {
	http.RoundTripper
	caps driver.Capabilities
}

func (a adapted) Do(req *http.Request) (*http.Response, error) {
	client := http.Client{Transport: marking{a.RoundTripper}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, ownError(err) // a response that comes with an error is closed
	}
	return resp, nil
}

// ownError returns an error of http.Client without what it prints of the URL.
func ownError(err error) error {
	if u, ok := err.(*url.Error); ok {
		err = u.Err
	}
	const location = "failed to parse Location header"
	if strings.HasPrefix(err.Error(), location) {
		return errors.New(location)
	}
	return err
}

// marking is the transport of the client of an adapted one.
type marking struct{ http.RoundTripper }

func (m marking) RoundTrip(req *http.Request) (*http.Response, error) {
	byClient(req)
	return m.RoundTripper.RoundTrip(req)
}

// byClient tells the request's body that an http.Client has it, which closes bodies itself, too.
func byClient(req *http.Request) {
	if body, ok := req.Body.(*Body); ok {
		body.mu.Lock()
		body.client = true
		body.mu.Unlock()
	}
}

func (a adapted) CloseIdleConnections() {
	if c, ok := a.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (a adapted) Capabilities() driver.Capabilities { return a.caps }
