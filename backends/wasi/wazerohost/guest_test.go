// SPDX-License-Identifier: MIT

package wazerohost_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"github.com/isohttp/isohttp/backends/wasi/wazerohost"
)

// built is the guest of the tests, compiled once by Go and once by wazero.
var built struct {
	once    sync.Once
	program []byte
	err     error
	cache   wazero.CompilationCache
}

// guestProgram returns the program backends/wasi/internal/guest, built for WASI.
func guestProgram() []byte {
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "guest")
		if err != nil {
			built.err = err
			return
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "guest.wasm")
		cmd := exec.Command("go", "build", "-o", path, "./internal/guest")
		cmd.Dir = ".." // the root module
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("building the guest: %w\n%s", err, out)
			return
		}
		built.program, built.err = os.ReadFile(path)
		built.cache = wazero.NewCompilationCache()
	})
	if built.err != nil {
		panic(built.err)
	}
	return built.program
}

// runGuest runs the guest and returns its lines, and how many handles it held at its exit.
func runGuest(t *testing.T, config *wazerohost.Config, urls ...string) (lines []string, handles int) {
	t.Helper()
	program := guestProgram()
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(built.cache))
	defer rt.Close(ctx)
	host, err := wazerohost.Instantiate(ctx, rt, config)
	if err != nil {
		t.Fatal(err)
	}
	// The handles are counted at the guest's exit, before closing it releases them.
	handles = -1
	b := rt.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	b.NewFunctionBuilder().WithFunc(func(ctx context.Context, mod api.Module, status uint32) {
		handles = host.Handles()
		mod.CloseWithExitCode(ctx, status)
		panic(sys.NewExitError(status))
	}).Export("proc_exit")
	if _, err := b.Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	compiled, err := rt.CompileModule(ctx, program)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	mc := wazero.NewModuleConfig().WithArgs(append([]string{"guest"}, urls...)...).
		WithStdout(&out).WithStderr(&out).WithRandSource(rand.Reader).
		WithSysNanosleep().WithSysNanotime().WithSysWalltime()
	if _, err := rt.InstantiateModule(host.Context(ctx), compiled, mc); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if n := host.Handles(); n != 0 {
		t.Errorf("%d handles after the guest was closed", n)
	}
	if err := host.Close(ctx); err != nil {
		t.Error(err)
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n"), handles
}

// TestGoGuest runs fifty requests that the server answers only when all of them are there.
func TestGoGuest(t *testing.T) {
	const requests = 50
	var all sync.WaitGroup
	all.Add(requests)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Done()
		all.Wait()
		io.WriteString(w, r.URL.Path)
	}))
	defer srv.Close()
	urls := make([]string, requests)
	for i := range urls {
		urls[i] = fmt.Sprintf("%s/%d", srv.URL, i)
	}
	grants, err := wazerohost.ParseGrants("http://127.0.0.1:*")
	if err != nil {
		t.Fatal(err)
	}
	lines, handles := runGuest(t, &wazerohost.Config{Grants: grants}, urls...)
	if len(lines) != requests {
		t.Fatalf("%q", lines)
	}
	for i, line := range lines {
		if want := fmt.Sprintf("200 OK: /%d", i); line != want {
			t.Errorf("%q, want %q", line, want)
		}
	}
	if handles != 0 {
		t.Errorf("%d handles at the guest's exit", handles)
	}
}

// TestGoGuestDenied checks what a guest without a grant sees, and that the server sees nothing.
func TestGoGuestDenied(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came through") }))
	defer srv.Close()
	lines, handles := runGuest(t, nil, srv.URL+"/?sig=secret")
	if len(lines) != 1 || lines[0] != "isohttp: wasi: send: permission denied: HTTP-request-denied" {
		t.Errorf("%q", lines)
	}
	if handles != 0 {
		t.Errorf("%d handles at the guest's exit", handles)
	}
}
