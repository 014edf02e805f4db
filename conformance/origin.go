// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
)

// The environment variables that tell a guest where the origin is.
const (
	// EnvOrigin is the URL of the main listener.
	EnvOrigin = "ISOHTTP_ORIGIN"
	// EnvOriginOther is the URL of a second listener, cross-origin to the first.
	EnvOriginOther = "ISOHTTP_ORIGIN_OTHER"
	// EnvOriginDead is a URL where nothing listens.
	EnvOriginDead = "ISOHTTP_ORIGIN_DEAD"
)

// Origin is the test server. It listens on loopback only.
type Origin struct {
	log    *eventLog
	mux    *http.ServeMux
	server *http.Server
	addrs  Addresses
	wg     sync.WaitGroup
}

// Addresses are the base URLs of an origin, without a trailing slash.
type Addresses struct {
	Main  string // serves the scenarios, the event log, and the page that a browser runs
	Other string // the same scenarios on another port
	Dead  string // refuses connections
}

// StartOrigin starts an origin on free ports of the loopback interface.
func StartOrigin() (*Origin, error) {
	o := &Origin{log: newEventLog(), mux: http.NewServeMux()}
	o.mux.Handle("/t/{token}/{scenario}", withCORS(http.HandlerFunc(o.scenario)))
	o.mux.Handle("/events", withCORS(http.HandlerFunc(o.log.serve)))
	o.mux.Handle("/release", withCORS(http.HandlerFunc(o.log.serveRelease)))
	o.server = &http.Server{
		Handler: o.mux,
		// Clients that vanish are what the tests are about.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	var listeners []net.Listener
	listen := func() (string, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		listeners = append(listeners, l)
		return "http://" + l.Addr().String(), nil
	}
	var errs [3]error
	o.addrs.Main, errs[0] = listen()
	o.addrs.Other, errs[1] = listen()
	o.addrs.Dead, errs[2] = listen()
	if err := errors.Join(errs[:]...); err != nil {
		for _, l := range listeners {
			l.Close()
		}
		return nil, err
	}
	// A port that was just ours and is closed again is not handed out soon.
	listeners[2].Close()
	for _, l := range listeners[:2] {
		o.wg.Go(func() { o.server.Serve(l) })
	}
	return o, nil
}

// URL returns the base URL of the main listener.
func (o *Origin) URL() string { return o.addrs.Main }

// Addresses returns the base URLs of all listeners.
func (o *Origin) Addresses() Addresses { return o.addrs }

// Environ returns the environment variables that a guest needs, as "NAME=value".
func (o *Origin) Environ() []string {
	return []string{
		EnvOrigin + "=" + o.addrs.Main,
		EnvOriginOther + "=" + o.addrs.Other,
		EnvOriginDead + "=" + o.addrs.Dead,
	}
}

// Handle adds a handler to the main and the other listener, for what a runner serves
// beside the scenarios. Patterns are those of http.ServeMux.
func (o *Origin) Handle(pattern string, handler http.Handler) { o.mux.Handle(pattern, handler) }

// Close ends every exchange and stops listening.
func (o *Origin) Close() error {
	o.log.close()
	err := o.server.Close()
	o.wg.Wait()
	return err
}

// environAddresses returns the addresses that a runner has passed, if it has.
func environAddresses() (Addresses, bool) {
	a := Addresses{Main: os.Getenv(EnvOrigin), Other: os.Getenv(EnvOriginOther), Dead: os.Getenv(EnvOriginDead)}
	return a, a.Main != ""
}
