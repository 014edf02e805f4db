// SPDX-License-Identifier: MIT

// Package originstub stands in for the test origin.
package originstub

import (
	"net"
	"net/http"
)

// Origin is a bare server.
type Origin struct {
	url string
	mux *http.ServeMux
	srv *http.Server
}

// StartOrigin starts one.
func StartOrigin() (*Origin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &Origin{url: "http://" + l.Addr().String(), mux: http.NewServeMux()}
	o.srv = &http.Server{Handler: o.mux}
	go o.srv.Serve(l)
	return o, nil
}

// URL returns the address.
func (o *Origin) URL() string { return o.url }

// Environ returns the variables for a guest.
func (o *Origin) Environ() []string { return []string{"ISOHTTP_ORIGIN=" + o.url} }

// Handle adds a handler.
func (o *Origin) Handle(pattern string, h http.Handler) { o.mux.Handle(pattern, h) }

// Close stops the server.
func (o *Origin) Close() { o.srv.Close() }
