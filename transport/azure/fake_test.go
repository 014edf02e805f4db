// SPDX-License-Identifier: MIT

package azure_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
	"github.com/isohttp/isohttp/transport/driver"
)

// platform is a driver.Backend that answers by a function. It is a page, in what concerns
// User-Agent, if page is set.
type platform struct {
	page   bool
	answer func(req *http.Request) (*http.Response, error)

	mu   sync.Mutex
	seen []http.Header
}

func (p *platform) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	p.seen = append(p.seen, req.Header.Clone())
	p.mu.Unlock()
	return p.answer(req)
}

func (p *platform) Capabilities() driver.Capabilities {
	c := driver.NewCapabilities(driver.RedirectExpose)
	if p.page {
		c = c.WithForbiddenHeaders("User-Agent")
	}
	return c
}

func (p *platform) tries() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seen)
}

// over returns a Transport over p.
func over(t testing.TB, p *platform) *transport.Transport {
	tr, err := transport.NewWith(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// answer is a response with header pairs.
func answer(code int, body string, pairs ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return &http.Response{StatusCode: code, Header: h, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}
}

// pipeline is what an SDK client makes of its options.
func pipeline(opts policy.ClientOptions, perRetry ...policy.Policy) runtime.Pipeline {
	return runtime.NewPipeline("azfake", "v1.0.0", runtime.PipelineOptions{PerRetry: perRetry}, &opts)
}

// get does what a generated client does for one operation: send, check the status, parse.
func get(ctx context.Context, pl runtime.Pipeline) (name string, err error) {
	req, err := runtime.NewRequest(ctx, http.MethodGet, "https://service.example/thing?sig=secret")
	if err != nil {
		return "", err
	}
	resp, err := pl.Do(req)
	if err != nil {
		return "", err
	}
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return "", runtime.NewResponseError(resp)
	}
	var thing struct {
		Name string `json:"name"`
	}
	err = runtime.UnmarshalAsJSON(resp, &thing)
	return thing.Name, err
}

func options(t testing.TB, p *platform) policy.ClientOptions {
	return azure.ClientOptions(over(t, p), policy.ClientOptions{})
}
