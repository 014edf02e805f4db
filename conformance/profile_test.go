// SPDX-License-Identifier: MIT

package conformance_test

import (
	"embed"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/backends/wasi"
	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/leak"
	"github.com/isohttp/isohttp/conformance/sdkcases"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// matrices are the states that every profile is known to have. ISOHTTP_MATRIX=write brings
// them up to date; a page has no files, there ISOHTTP_MATRIX=print shows the text.
//
//go:embed testdata/matrix
var matrices embed.FS

// TestProfile runs the suite on the platform of this build.
func TestProfile(t *testing.T) {
	b := profile(t)
	file := "testdata/matrix/" + strings.ReplaceAll(b.Name, "/", "-") + ".json"
	golden, err := matrices.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	opts := []conformance.Option{conformance.Golden(golden)}
	switch os.Getenv("ISOHTTP_MATRIX") {
	case "write":
		opts = []conformance.Option{conformance.Save(func(matrix []byte) error {
			return os.WriteFile(filepath.FromSlash(file), matrix, 0o644)
		})}
	case "print":
		opts = []conformance.Option{conformance.Save(func(matrix []byte) error {
			_, err := fmt.Printf("%s", matrix)
			return err
		})}
	}
	ci := os.Getenv("CI") == "true"
	slow := b.Name == "nethttp" || os.Getenv("ISOHTTP_SLOW") != ""
	if ci && os.Getenv("ISOHTTP_MATRIX") == "" { // the matrices are of runs without CI's
		slow = slow || b.Name == "fetch/chromium" || b.Name == "wasi/wasmtime"
	}
	if slow {
		opts = append(opts, conformance.Tiers(3))
	}
	if os.Getenv("ISOHTTP_SLOW") == "" {
		// What is run every time need not wait as long as the catalogue says.
		opts = append(opts, conformance.Pace(0.1))
	}
	if ci {
		opts = append(opts, conformance.Demand(demanded(b.Name)...))
	}
	if os.Getenv("ISOHTTP_PROGRESS") != "" {
		progress := &groupProgress{profile: b.Name, out: os.Stderr}
		defer progress.flush()
		opts = append(opts, conformance.Progress(progress))
	}
	opts = append(opts, conformance.Extra(sdkcases.Cases()...))
	if testing.Verbose() {
		opts = append(opts, conformance.Progress(os.Stderr))
	}
	conformance.Run(t, b, opts...)
}

// profile returns the entry of the platform that the test runs on.
func profile(t *testing.T) conformance.Backend {
	b := conformance.Backend{New: newTransport}
	switch runner := os.Getenv(conformance.EnvRunner); {
	case runtime.GOOS != "js" && runtime.GOOS != "wasip1":
		b.Name = "nethttp"
		b.Adds = []string{"User-Agent", "Accept-Encoding"}
		b.Environment = []string{"ca"}
	case runner == "browserexec":
		b.Name = "fetch/chromium"
		b.Adds = []string{"User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Pragma",
			"Origin", "Referer", "Sec-", "Dnt",
			// Over HTTP/2.
			"Priority"}
		b.Deviations = chromiumDeviations()
	case runner == "nodeexec":
		b.Name = "fetch/node"
		b.Adds = []string{"User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Sec-Fetch-Mode",
			// Beside conditional fields, as the Fetch standard wants.
			"Cache-Control", "Pragma"}
		b.Deviations = nodeDeviations()
	case runner == "wazeroexec":
		b.Name = "wasi/wazero"
		b.Adds = []string{"User-Agent", "Accept-Encoding"}
		b.Environment = []string{"grants"}
	case runner == "wasmtimeexec":
		b.Name = "wasi/wasmtime"
		b.Adds = []string{"Accept-Encoding"}
		b.Deviations = wasmtimeDeviations()
	default:
		t.Fatalf("%s: no profile for the runner %q", runtime.GOOS, runner)
	}
	b.Declared = declared(b.Name)
	b.Held = leak.Platform
	return b
}

// newTransport makes the project's own transport with the options of a case. Those of single
// calls are put into each of them.
func newTransport(_ conformance.TB, c conformance.Config) (conformance.Transport, error) {
	tr, err := newBare(c)
	limits := transport.RequestOptions{
		ConnectTimeout: c.ConnectTimeout, FirstByteTimeout: c.FirstByteTimeout, BetweenBytesTimeout: c.BetweenBytesTimeout,
	}
	if err != nil || limits.ConnectTimeout == 0 && limits.FirstByteTimeout == 0 && limits.BetweenBytesTimeout == 0 {
		return tr, err
	}
	return limited{tr, limits}, nil
}

// limited is a transport all of whose calls have options.
type limited struct {
	conformance.Transport
	options transport.RequestOptions
}

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	return l.Transport.RoundTrip(req.WithContext(transport.WithRequestOptions(req.Context(), l.options)))
}

func (l limited) Do(req *http.Request) (*http.Response, error) {
	return l.Transport.Do(req.WithContext(transport.WithRequestOptions(req.Context(), l.options)))
}

func newBare(c conformance.Config) (conformance.Transport, error) {
	opts := &transport.Options{
		Proxy:                  c.Proxy,
		TLSClientConfig:        trusting(c),
		MaxResponseHeaderBytes: c.MaxResponseHeaderBytes,
		MaxBufferedBody:        c.MaxBufferedBody,
		DisableCompression:     c.DisableCompression,
	}
	switch runtime.GOOS {
	case "js":
		restore := withoutFetch(c.Broken)
		backend, err := fetch.New(&fetch.Options{
			Fetch: brokenFetch(c.Broken),
			Init:  fetch.RequestInit{Redirect: c.Redirect, StreamBody: c.StreamBody},
		})
		restore()
		if err != nil {
			return nil, err
		}
		return newWith(backend, opts)
	case "wasip1":
		backend, err := wasi.New(nil)
		if err != nil {
			return nil, err
		}
		return newWith(backend, opts)
	}
	tr, err := transport.New(opts)
	if err != nil {
		return nil, err
	}
	return tr, nil
}

func newWith(backend driver.Backend, opts *transport.Options) (conformance.Transport, error) {
	tr, err := transport.NewWith(backend, opts)
	if err != nil {
		return nil, err
	}
	return tr, nil
}
