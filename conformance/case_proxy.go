// SPDX-License-Identifier: MIT

package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// testRoots returns the origin's authority.
func (t *T) testRoots() *x509.CertPool {
	pool := x509.NewCertPool()
	t.True(pool.AppendCertsFromPEM([]byte(t.Addresses().CA)), "the origin's authority cannot be read")
	return pool
}

// proxied returns the address of the echo at a listener, by the name that only proxies know.
func (t *T) proxied(base string) string {
	u, err := url.Parse(ScenarioURL(base, t.Token(), "echo"))
	if err != nil {
		t.Fatalf("an address of the origin: %v", err)
	}
	u.Host = net.JoinHostPort(t.Token()+proxyZone, u.Port())
	return u.String()
}

// through makes a transport that goes through a proxy. The certificates of the origin are for
// localhost.
func (t *T) through(proxy string) Transport {
	tr, err := t.New(Config{Config: driver.Config{
		Proxy: func(req *http.Request) (*url.URL, error) {
			t.True(strings.HasPrefix(req.URL.Path, "/t/"+t.Token()), "the proxy function gets another request: %s", req.Method)
			return url.Parse(proxy)
		},
		TLSClientConfig: &tls.Config{RootCAs: t.testRoots(), ServerName: "localhost", MinVersion: tls.VersionTLS12},
	}})
	if err != nil {
		t.Fatalf("Proxy: %v", err)
	}
	return tr
}

func proxyUsed(t *T) {
	a := t.Addresses()
	open, closed := strings.TrimPrefix(a.Proxy, "http://"), strings.TrimPrefix(a.ProxyAuth, "http://")
	var how, users []string
	for _, way := range []struct{ scheme, base, how string }{
		{"http", a.Main, "forward"}, {"http", a.TLS1, "connect"}, {"socks5", a.Main, "socks5"}, {"socks5", a.TLS1, "socks5"},
	} {
		what := way.how + " to " + way.base[:strings.Index(way.base, ":")]
		for _, proxy := range []string{
			way.scheme + "://" + open, way.scheme + "://" + proxyUser + ":" + proxyPassword + "@" + closed,
		} {
			resp, err := t.TryOn(t.through(proxy), t.Request(http.MethodPost, t.proxied(way.base), strings.NewReader("body")))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			t.Equal(what+": status", resp.StatusCode, 200)
			t.Read(resp)
			how = append(how, way.how)
		}
		users = append(users, proxyUser)
		t.withoutCredentials(what, way.scheme+"://"+closed, way.base)
		t.withoutCredentials(what, way.scheme+"://"+proxyUser+":s3cret@"+closed, way.base)
		if way.how != "socks5" { // which is refused before it is told the name
			how = append(how, way.how, way.how)
			users = append(users, proxyUser)
		}
	}
	_, err := t.TryOn(t.through(a.Dead), t.Get(t.proxied(a.Main)))
	t.kind("a proxy that is not there", err, driver.KindNetwork)
	t.Requests(8, 8)
	t.Expect(Values(EventProxy, "how", how...), Values(EventProxy, "user", users...),
		Each(EventBodyEnd, "sha256", hashOf([]byte("body"))), Count(EventBodyEnd, 8),
		Absent(EventRequest, "header.Proxy-Authorization"), Nowhere(EventRequest, proxyPassword))
}

// withoutCredentials wants a proxy's refusal to be an error, or the response that it is.
func (t *T) withoutCredentials(what, proxy, base string) {
	resp, err := t.TryOn(t.through(proxy), t.Get(t.proxied(base)))
	if err == nil {
		t.Equal(what+", refused: status", resp.StatusCode, http.StatusProxyAuthRequired)
		t.Logf("%s, refused: a response", what)
		return
	}
	for _, e := range chainOf(err) {
		for _, secret := range []string{proxyUser, proxyPassword, "s3cret", "/t/"} {
			t.True(!strings.Contains(e.Error(), secret), "%s: the error %q has %q in it", what, e, secret)
		}
	}
	t.kind(what+", refused", err, driver.KindNetwork, driver.KindDenied, driver.KindOther)
}

func proxyRefused(t *T) {
	t.optionRefused("Proxy", driver.Config{Proxy: func(*http.Request) (*url.URL, error) {
		return nil, fmt.Errorf("nobody is to ask")
	}})
	t.Equal("status", t.Send(t.Get(t.URL("status"))).StatusCode, 200)
	t.Expect(Count(EventRequest, 1), Count(EventProxy, 0))
}
