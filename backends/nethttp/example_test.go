// SPDX-License-Identifier: MIT

package nethttp_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

// A pool with settings of one's own under a Transport.
func ExampleNew() {
	base := &http.Transport{MaxConnsPerHost: 4, ForceAttemptHTTP2: true}
	backend, err := nethttp.New(&nethttp.Options{Base: base})
	if errors.Is(err, errors.ErrUnsupported) {
		return // this is a browser or a WASI host
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := transport.NewWith(backend, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	t.CloseIdleConnections()
}
