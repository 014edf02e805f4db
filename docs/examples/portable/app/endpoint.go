// SPDX-License-Identifier: MIT

package app

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// errPlainHTTP is the refusal of an http endpoint on another machine.
var errPlainHTTP = errors.New("the endpoint has to be https: with http the credential would cross the network readable by anyone")

// parseEndpoint checks a service's base URL. http is allowed on this machine only, and
// plain reports that it is in use: azcore wants to be told. No error quotes the URL,
// for it may hold a signature.
func parseEndpoint(text string) (u *url.URL, plain bool, err error) {
	u, err = url.Parse(strings.TrimSpace(text))
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err
		}
		return nil, false, errors.New("the endpoint is not a URL: " + err.Error())
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, false, errors.New("the endpoint has to begin with https://")
	case u.Hostname() == "":
		return nil, false, errors.New("the endpoint has no host")
	case u.User != nil:
		return nil, false, errors.New("the endpoint must not have a user name in it")
	case u.Fragment != "":
		return nil, false, errors.New("the endpoint must not have a fragment in it")
	}
	plain = u.Scheme == "http"
	if plain && !loopback(u.Hostname()) {
		return nil, false, errPlainHTTP
	}
	return u, plain, nil
}

// loopback reports whether host is this machine, without asking a name server.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// hostPort returns the host and port that u leads to.
func hostPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Host
	case u.Scheme == "http":
		return u.Host + ":80"
	}
	return u.Host + ":443"
}
