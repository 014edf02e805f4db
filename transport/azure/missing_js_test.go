// SPDX-License-Identifier: MIT

package azure_test

import (
	"errors"
	"net/http"
	"os"
	"syscall/js"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

// TestMain makes the shared Transport in a runtime without fetch. The other tests of this
// package have transports of their own, over fakes.
func TestMain(m *testing.M) {
	fetch := js.Global().Get("fetch")
	js.Global().Set("fetch", js.Undefined())
	transport.Default()
	js.Global().Set("fetch", fetch)
	os.Exit(m.Run())
}

// once counts the tries of a client.
type once struct{ tries int }

func (o *once) Do(req *policy.Request) (*http.Response, error) {
	o.tries++
	return req.Next()
}

// TestMissingPlatform: clients are given a Transport whose platform is not there. They say
// what is missing, after one try.
func TestMissingPlatform(t *testing.T) {
	tries := &once{}
	_, err := get(t.Context(), pipeline(azure.ClientOptions(transport.Default(), policy.ClientOptions{}), tries))
	if !errors.Is(err, transport.KindUnsupported) || !errors.Is(err, errors.ErrUnsupported) || tries.tries != 1 {
		t.Errorf("got %v after %d tries, want KindUnsupported after one", err, tries.tries)
	}
}
