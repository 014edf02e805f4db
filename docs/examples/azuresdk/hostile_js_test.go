// SPDX-License-Identifier: MIT

package azuresdk

import (
	"syscall/js"
	"testing"

	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/transport"
)

// TestNoFetch: a JavaScript runtime without fetch. The client says so, after one try.
func TestNoFetch(t *testing.T) {
	backend, err := fetch.New(&fetch.Options{Fetch: js.Undefined()})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(backend, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantOneTry(t, "no fetch", tr, transport.KindUnsupported)
}
