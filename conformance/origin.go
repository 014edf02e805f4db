// SPDX-License-Identifier: MIT

package conformance

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
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
	// EnvOriginMore has the addresses of all listeners, as the JSON form of Addresses.
	EnvOriginMore = "ISOHTTP_ORIGIN_MORE"
	// EnvRunner is the name of the program that runs the guest, "nodeexec" say. It tells
	// hosts apart that look alike from inside.
	EnvRunner = "ISOHTTP_RUNNER"
)

// Origin is the test server. It listens on loopback only.
type Origin struct {
	log       *eventLog
	verdicts  verdictLog
	mux       *http.ServeMux
	server    *http.Server
	authority *authority
	addrs     Addresses
	secure    []*http.Server // one per TLS listener; closed by Close
	h2raw     *rawHTTP2
	silent    net.Listener
	dead      net.Conn // whose port is Addresses.Dead
	proxies   []*proxy
	full      []io.Closer
	wg        sync.WaitGroup
}

// Addresses are the base URLs of an origin, without a trailing slash.
type Addresses struct {
	Main  string `json:"main"`  // serves the scenarios, the event log, and the page that a browser runs
	Other string `json:"other"` // the same scenarios on another port
	Dead  string `json:"dead"`  // refuses connections

	Control string `json:"control"` // the event log, where connections to Main may all be in use
	Silent  string `json:"silent"`  // accepts connections and never speaks
	TLS1    string `json:"tls1"`    // HTTPS, HTTP/1.1 only
	TLS2    string `json:"tls2"`    // HTTPS with HTTP/2
	BadCA   string `json:"badCA"`   // HTTPS, its certificate is from an authority that nobody knows
	BadName string `json:"badName"` // HTTPS, its certificate is for another host
	Expired string `json:"expired"` // HTTPS, its certificate has expired
	H2Raw   string `json:"h2raw"`   // HTTPS with HTTP/2 by frames of the origin's own; it has scenarios of its own
	IPv6    string `json:"ipv6"`    // Main on ::1; empty where there is no IPv6
	CA      string `json:"ca"`      // the certificate of the test authority, PEM

	TLSOld     string `json:"tlsOld"`     // HTTPS, not above TLS 1.2
	ClientAuth string `json:"clientAuth"` // HTTPS, asks for a certificate of the client
	ClientCert string `json:"clientCert"` // such a certificate, PEM
	ClientKey  string `json:"clientKey"`  // its key, PEM
	Full       string `json:"full"`       // a port to which no connection comes about, or Silent where there is no such thing
	Proxy      string `json:"proxy"`      // a proxy: HTTP, CONNECT, and SOCKS5 with another scheme
	ProxyAuth  string `json:"proxyAuth"`  // the same, asks for credentials
}

// StartOrigin starts an origin on free ports of the loopback interface.
func StartOrigin() (*Origin, error) {
	o := &Origin{log: newEventLog(), mux: http.NewServeMux()}
	o.mux.Handle("/events", withCORS(http.HandlerFunc(o.log.serve)))
	o.mux.Handle("/release", withCORS(http.HandlerFunc(o.log.serveRelease)))
	o.mux.Handle("/verdict", withCORS(http.HandlerFunc(o.verdicts.serve)))
	o.mux.Handle("/claim", withCORS(http.HandlerFunc(o.verdicts.serveClaim)))
	o.mux.Handle("/{$}", withCORS(http.HandlerFunc(o.root)))
	o.server = &http.Server{
		Handler: http.HandlerFunc(o.route),
		// Clients that vanish are what the tests are about.
		ErrorLog:    log.New(io.Discard, "", 0),
		ConnContext: withConn,
	}
	var err error
	if o.authority, err = newAuthority(); err != nil {
		return nil, err
	}
	o.addrs.CA = o.authority.pem
	if o.addrs.ClientCert, o.addrs.ClientKey, err = o.authority.client(); err != nil {
		return nil, err
	}
	if err := o.listen(); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// listen opens all listeners and serves them.
func (o *Origin) listen() error {
	var errs []error
	open := func(url *string, scheme string) net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		*url = scheme + "://" + l.Addr().String()
		return l
	}
	for _, url := range []*string{&o.addrs.Main, &o.addrs.Other, &o.addrs.Control} {
		if l := open(url, "http"); l != nil {
			o.wg.Go(func() { o.server.Serve(recordingListener{l}) })
		}
	}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		o.addrs.IPv6 = "http://" + l.Addr().String()
		o.wg.Go(func() { o.server.Serve(recordingListener{l}) })
	}
	h1 := func(*tls.Config) {}
	h2 := func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }
	for _, t := range []struct {
		url    *string
		issue  func() (certificate, error)
		change func(*tls.Config)
	}{
		{&o.addrs.TLS1, o.authority.good, h1},
		{&o.addrs.TLS2, o.authority.good, h2},
		{&o.addrs.BadCA, o.authority.foreign, h1},
		{&o.addrs.BadName, o.authority.misnamed, h1},
		{&o.addrs.Expired, o.authority.expired, h1},
		{&o.addrs.TLSOld, o.authority.good, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		{&o.addrs.ClientAuth, o.authority.good, o.authority.askClient},
	} {
		cert, err := t.issue()
		errs = append(errs, err)
		if l := open(t.url, "https"); l != nil && err == nil {
			s := &http.Server{Handler: o.server.Handler, ErrorLog: o.server.ErrorLog, ConnContext: withConn,
				TLSConfig: serverTLS(cert, t.change)}
			o.secure = append(o.secure, s)
			o.wg.Go(func() { s.ServeTLS(l, "", "") })
		}
	}
	cert, err := o.authority.good()
	errs = append(errs, err)
	if l := open(&o.addrs.H2Raw, "https"); l != nil {
		o.h2raw = newRawHTTP2(o, l, cert)
		o.wg.Go(o.h2raw.serve)
	}
	for url, credentials := range map[*string]bool{&o.addrs.Proxy: false, &o.addrs.ProxyAuth: true} {
		if l := open(url, "http"); l != nil {
			p := newProxy(l, o.log, credentials)
			o.proxies = append(o.proxies, p)
			o.wg.Go(p.serve)
		}
	}
	if o.silent = open(&o.addrs.Silent, "http"); o.silent != nil {
		o.wg.Go(func() { acceptAndHold(o.silent) })
	}
	var full string
	if l := open(&full, "http"); l != nil {
		o.full = append(fillUp(l), l)
		if o.addrs.Full = o.addrs.Silent; len(o.full) > 1 {
			o.addrs.Full = full
		}
	}
	if o.silent != nil {
		// A port that a connection has is handed out to no listener.
		var err error
		if o.dead, err = net.Dial("tcp", o.silent.Addr().String()); err == nil {
			o.addrs.Dead = "http://" + o.dead.LocalAddr().String()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// acceptAndHold accepts connections and keeps them open, unread, until the client closes
// them or the listener is closed.
func acceptAndHold(l net.Listener) {
	var held []net.Conn
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		held = append(held, c)
	}
	for _, c := range held {
		c.Close()
	}
}

// root answers a request for the path "/", which names its token in the query.
func (o *Origin) root(w http.ResponseWriter, r *http.Request) {
	q, no := refused(w, r, "token=text!")
	if no {
		return
	}
	x := &exchange{origin: o, token: q.Get("token"), w: w, r: r, q: q}
	x.log(EventRequest, 1, x.seen())
	defer x.log(EventDone, -1, nil)
	x.echo()
}

// route sends requests to scenarios on without a ServeMux, which answers paths that are not
// clean with a redirect of its own: dot segments are what some tests are about.
func (o *Origin) route(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/t/"); ok {
		token, rest, _ := strings.Cut(rest, "/")
		scenario, _, _ := strings.Cut(rest, "/")
		r.SetPathValue("token", token)
		r.SetPathValue("scenario", scenario)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			o.log.add(token, EventPreflight, 0, map[string]any{"method": r.Header.Get("Access-Control-Request-Method")})
		}
		withCORS(http.HandlerFunc(o.scenario)).ServeHTTP(w, r)
		return
	}
	o.mux.ServeHTTP(w, r)
}

// URL returns the base URL of the main listener.
func (o *Origin) URL() string { return o.addrs.Main }

// Addresses returns the base URLs of all listeners.
func (o *Origin) Addresses() Addresses { return o.addrs }

// Environ returns the environment variables that a guest needs, as "NAME=value".
func (o *Origin) Environ() []string {
	more, _ := json.Marshal(o.addrs) // a struct of strings
	return []string{
		EnvOrigin + "=" + o.addrs.Main,
		EnvOriginOther + "=" + o.addrs.Other,
		EnvOriginDead + "=" + o.addrs.Dead,
		EnvOriginMore + "=" + string(more),
	}
}

// Handle adds a handler to the main and the other listener, for what a runner serves
// beside the scenarios. Patterns are those of http.ServeMux.
func (o *Origin) Handle(pattern string, handler http.Handler) { o.mux.Handle(pattern, handler) }

// Close ends every exchange and stops listening.
func (o *Origin) Close() error {
	o.log.close()
	err := o.server.Close()
	for _, s := range o.secure {
		s.Close()
	}
	if o.h2raw != nil {
		o.h2raw.Close()
	}
	for _, p := range o.proxies {
		p.close()
	}
	for _, c := range o.full {
		c.Close()
	}
	if o.dead != nil {
		o.dead.Close()
	}
	if o.silent != nil {
		o.silent.Close()
	}
	o.wg.Wait()
	return err
}

// environAddresses returns the addresses that a runner has passed, if it has.
func environAddresses() (Addresses, bool) {
	a := Addresses{Main: os.Getenv(EnvOrigin), Other: os.Getenv(EnvOriginOther), Dead: os.Getenv(EnvOriginDead)}
	if more := os.Getenv(EnvOriginMore); more != "" && a.Main != "" {
		var all Addresses
		if json.Unmarshal([]byte(more), &all) == nil && all.Main == a.Main {
			a = all
		}
	}
	if a.Control == "" {
		a.Control = a.Main
	}
	return a, a.Main != ""
}
