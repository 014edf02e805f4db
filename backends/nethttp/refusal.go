// SPDX-License-Identifier: MIT

package nethttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strconv"
)

// refusal is what a verification callback of the caller said against a certificate.
// crypto/tls returns it as it is, so that it looks like any error.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// markRefusals makes the errors of config's callbacks recognizable.
func markRefusals(config *tls.Config) {
	if config == nil {
		return
	}
	if verify := config.VerifyPeerCertificate; verify != nil {
		config.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
			return refused(verify(raw, chains))
		}
	}
	if verify := config.VerifyConnection; verify != nil {
		config.VerifyConnection = func(state tls.ConnectionState) error { return refused(verify(state)) }
	}
}

func refused(err error) error {
	if err == nil {
		return nil
	}
	return &refusal{err}
}

// proxyRefusal is the answer of a proxy that did not connect.
type proxyRefusal struct{ status int }

func (p *proxyRefusal) Error() string {
	s := "the proxy answered CONNECT with status " + strconv.Itoa(p.status)
	if text := http.StatusText(p.status); text != "" {
		s += " " + text
	}
	return s
}

// hideProxyWords replaces the error that net/http makes of a proxy's refusal, which is no more
// than the proxy's own phrase.
func hideProxyWords(base *http.Transport) {
	first := base.OnProxyConnectResponse
	base.OnProxyConnectResponse = func(ctx context.Context, proxy *url.URL, req *http.Request, resp *http.Response) error {
		if first != nil {
			if err := first(ctx, proxy, req, resp); err != nil {
				return err
			}
		}
		if resp.StatusCode != http.StatusOK {
			return &proxyRefusal{resp.StatusCode}
		}
		return nil
	}
}
