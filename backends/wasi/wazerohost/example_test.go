// SPDX-License-Identifier: MIT

package wazerohost_test

import (
	"context"
	"crypto/rand"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/isohttp/isohttp/backends/wasi/wazerohost"
)

// A guest may talk to one server, and to nobody else.
func Example() {
	ctx := context.Background()
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello, guest") })
	granted, other := httptest.NewServer(answer), httptest.NewServer(answer)
	defer granted.Close()
	defer other.Close()

	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, rt)

	grants, err := wazerohost.ParseGrants("GET " + granted.URL)
	if err != nil {
		log.Fatal(err)
	}
	host, err := wazerohost.Instantiate(ctx, rt, &wazerohost.Config{Grants: grants})
	if err != nil {
		log.Fatal(err)
	}

	compiled, err := rt.CompileModule(ctx, guestProgram()) // GOOS=wasip1 GOARCH=wasm go build
	if err != nil {
		log.Fatal(err)
	}
	config := wazero.NewModuleConfig().WithArgs("guest", granted.URL, other.URL).
		WithStdout(os.Stdout).WithStderr(os.Stderr).WithRandSource(rand.Reader).
		WithSysNanosleep().WithSysNanotime().WithSysWalltime()
	if _, err := rt.InstantiateModule(host.Context(ctx), compiled, config); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 200 OK: hello, guest
	// isohttp: wasi: send: permission denied: HTTP-request-denied
}
