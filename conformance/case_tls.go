// SPDX-License-Identifier: MIT

package conformance

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/isohttp/isohttp/transport/driver"
)

// overTLS asks for the echo at a listener with a configuration.
func (t *T) overTLS(what, base string, config *tls.Config) error {
	tr, err := t.New(Config{Config: driver.Config{TLSClientConfig: config}})
	if err != nil {
		t.Fatalf("%s: TLSClientConfig: %v", what, err)
	}
	resp, err := t.TryOn(tr, t.Get(ScenarioURL(base, t.Token(), "echo")))
	if err != nil {
		return err
	}
	t.Read(resp)
	t.Equal(what+": status", resp.StatusCode, 200)
	if t.True(resp.TLS != nil && resp.TLS.HandshakeComplete, "%s: Response.TLS is not set", what) {
		t.True(len(resp.TLS.PeerCertificates) > 0, "%s: Response.TLS does not have the server's certificate", what)
	}
	return nil
}

// tlsOptions has one listener for each option that matters, and for each a configuration that
// goes and one that does not.
func tlsOptions(t *T) {
	a, roots := t.Addresses(), t.testRoots()
	pair, err := tls.X509KeyPair([]byte(a.ClientCert), []byte(a.ClientKey))
	if err != nil {
		t.Fatalf("the client's certificate: %v", err)
	}
	client := []tls.Certificate{pair}
	for _, good := range []struct {
		what, base string
		config     *tls.Config
	}{
		{"roots", a.TLS1, &tls.Config{RootCAs: roots}},
		{"a maximum version", a.TLS1, &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}},
		{"a client certificate", a.ClientAuth, &tls.Config{RootCAs: roots, Certificates: client}},
		{"an old server", a.TLSOld, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	} {
		err := t.overTLS(good.what, good.base, good.config)
		t.True(err == nil, "%s: %v", good.what, err)
	}
	for _, bad := range []struct {
		what, base string
		config     *tls.Config
		kinds      []driver.Kind
	}{
		{"no roots", a.TLS1, &tls.Config{RootCAs: x509.NewCertPool()}, []driver.Kind{driver.KindTLS}},
		{"another name", a.TLS1, &tls.Config{RootCAs: roots, ServerName: "elsewhere.test"}, []driver.Kind{driver.KindTLS}},
		{"a minimum version", a.TLSOld, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, []driver.Kind{driver.KindTLS}},
		// In TLS 1.3 the server says it when the client thinks that all is done, and the
		// request may meet a closed connection.
		{"no client certificate", a.ClientAuth, &tls.Config{RootCAs: roots}, []driver.Kind{driver.KindTLS, driver.KindNetwork}},
	} {
		if err := t.overTLS(bad.what, bad.base, bad.config); t.True(err != nil, "%s: the server answers", bad.what) {
			t.kind(bad.what, err, bad.kinds...)
		}
	}
	t.True(t.Send(t.Get(t.URL("echo"))).TLS == nil, "Response.TLS is set without TLS")
	t.Requests(5, 5)
	t.Expect(Values(EventRequest, "tls", "TLS 1.3", "TLS 1.2", "TLS 1.3", "TLS 1.2"),
		Values(EventRequest, "client", clientName))
}

func tlsOptionsRefused(t *T) {
	t.optionRefused("TLSClientConfig", driver.Config{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}})
	urls := []string{t.URL("status")}
	if t.Offers(featureCA) {
		urls = append(urls, ScenarioURL(t.Addresses().TLS1, t.Token(), "status"))
	}
	for _, u := range urls {
		resp := t.Send(t.Get(u))
		t.Equal("status", resp.StatusCode, 200)
		t.True(resp.TLS == nil, "Response.TLS is set")
	}
	t.Expect(Count(EventRequest, len(urls)))
}
