// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// A test of one's own backend takes five lines. For any http.RoundTripper that is no Transport,
// New returns Adapt(rt) with the capabilities that it lacks.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		conformance.Run(t, conformance.Backend{Name: "mine", Adds: []string{"User-Agent", "Accept-Encoding"},
			New: func(conformance.TB, conformance.Config) (conformance.Transport, error) { return transport.New(nil) }})
	}
}

// The same outside of go test, and with the bootstrap cases only.
func ExampleCheck() {
	report, err := conformance.Check(context.Background(), conformance.Backend{
		Name: "mine", Adds: []string{"User-Agent", "Accept-Encoding"},
		New: func(conformance.TB, conformance.Config) (conformance.Transport, error) { return transport.New(nil) },
	}, conformance.Tiers(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(report.Results), "cases,", len(report.Failed()), "failed")
	// Those of package sdkcases would make it 211.
	// Output: 197 cases, 0 failed
}

// own is somebody's RoundTripper. It has what net/http has, and says itself what it refuses.
type own struct{ http.Transport }

func (*own) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.AllCapabilities()...).WithForbiddenHeaders("Transfer-Encoding", "Trailer")
}

// A RoundTripper that cannot be told to follow redirects, and that knows no permissions.
func ExampleAdapt() {
	tr := conformance.Adapt(new(own), driver.RedirectFollow, driver.Denied)
	caps := tr.Capabilities()
	fmt.Println(caps.Has(driver.RedirectExpose), caps.Has(driver.RedirectFollow), caps.ForbiddenHeaders())
	// Output: true false [Trailer Transfer-Encoding]
}
