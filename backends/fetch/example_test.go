// SPDX-License-Identifier: MIT

package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/transport"
)

// A page that sends its cookies to another origin, for one request. On other platforms the
// context has no effect.
func ExampleWithRequestInit() {
	ctx := fetch.WithRequestInit(context.Background(), fetch.RequestInit{Credentials: "include", Priority: "high"})
	req, err := http.NewRequestWithContext(ctx, "GET", "https://api.example.com/me", nil)
	fmt.Println(req.Method, err)
	// Output: GET <nil>
}

// Defaults for all requests of a Transport, in the Fetch standard's words.
func ExampleNew() {
	backend, err := fetch.New(&fetch.Options{Init: fetch.RequestInit{Cache: "no-cache"}})
	if errors.Is(err, errors.ErrUnsupported) {
		return // this is no JavaScript platform
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

// After an opaque failure a page can ask what kind it was.
func ExampleDiagnose() {
	explain := func(failure error) string {
		if !errors.Is(failure, transport.KindNetwork) {
			return failure.Error()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		found, err := fetch.Diagnose(ctx, "https://api.example.com/")
		if err != nil {
			return failure.Error()
		}
		return found.String()
	}
	_ = explain // not called here: there is no network in an example
	fmt.Println(fetch.OriginNotAllowed)
	// Output: the server answers, but does not allow this origin
}
