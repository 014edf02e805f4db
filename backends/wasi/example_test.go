// SPDX-License-Identifier: MIT

package wasi_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/isohttp/isohttp/backends/wasi"
)

// Limits that the WASI host keeps, for one request. On other platforms the context has no
// effect; transport.RequestOptions has the portable form.
func ExampleWithRequestOptions() {
	ctx := wasi.WithRequestOptions(context.Background(), wasi.RequestOptions{ConnectTimeout: 5 * time.Second, FirstByteTimeout: 30 * time.Second})
	req, err := http.NewRequestWithContext(ctx, "GET", "https://example.com/", nil)
	fmt.Println(req.Method, err)
	// Output: GET <nil>
}
