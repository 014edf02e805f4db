// SPDX-License-Identifier: MIT

package azure_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

func TestClientOptions(t *testing.T) {
	tr := over(t, &platform{})
	base := policy.ClientOptions{
		APIVersion: "2024-01-01",
		Retry:      policy.RetryOptions{MaxRetries: 7, TryTimeout: time.Second},
		Telemetry:  policy.TelemetryOptions{ApplicationID: "app"},
		Transport:  http.DefaultClient,
	}
	got := azure.ClientOptions(tr, base)
	if got.Transport != tr {
		t.Errorf("the transport is %T", got.Transport)
	}
	if got.APIVersion != base.APIVersion || got.Retry.MaxRetries != 7 || got.Retry.TryTimeout != time.Second || got.Telemetry != base.Telemetry ||
		len(got.PerCallPolicies) != 0 || len(got.PerRetryPolicies) != 0 {
		t.Errorf("more than the transport has changed: %+v", got)
	}
	if base.Transport != http.DefaultClient {
		t.Error("the caller's options have changed")
	}
	// azcore's name for the same type.
	var _ azcore.ClientOptions = got
}

func TestOperation(t *testing.T) {
	p := &platform{answer: func(*http.Request) (*http.Response, error) { return answer(200, `{"name":"a"}`), nil }}
	name, err := get(t.Context(), pipeline(options(t, p)))
	if name != "a" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestNilTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := get(t.Context(), pipeline(azure.ClientOptions(nil, policy.ClientOptions{})))
		if !errors.Is(err, transport.KindInvalid) || time.Since(start) != 0 {
			t.Errorf("got %v after %v, want KindInvalid at once", err, time.Since(start))
		}
		body := &closing{Reader: strings.NewReader("x")}
		req, _ := http.NewRequest("PUT", "https://service.example/", body)
		if azure.ClientOptions(nil, policy.ClientOptions{}).Transport.Do(req); body.closed != 1 {
			t.Errorf("the body was closed %d times", body.closed)
		}
	})
}

type closing struct {
	*strings.Reader
	closed int
}

func (c *closing) Close() error { c.closed++; return nil }

// A platform that is not there, and each other failure that is final, takes one try.
func TestFinalErrors(t *testing.T) {
	for kind, tries := range map[transport.Kind]int{
		transport.KindUnsupported: 1, transport.KindInvalid: 1, transport.KindTLS: 1, transport.KindDenied: 1, transport.KindLimit: 1,
		transport.KindNetwork: 4, transport.KindProtocol: 4, transport.KindOther: 4,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) (*http.Response, error) {
				return nil, &transport.Error{Op: driver.OpSend, Kind: kind, Err: errors.New("no fetch here")}
			}}
			_, err := get(t.Context(), pipeline(options(t, p)))
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != kind || p.tries() != tries {
				t.Errorf("%v: got %v after %d tries, want that kind after %d", kind, err, p.tries(), tries)
			}
			if strings.Contains(err.Error(), "sig") {
				t.Errorf("the error prints the query: %v", err)
			}
		})
	}
	if _, err := get(t.Context(), pipeline(azure.ClientOptions(&transport.Transport{}, policy.ClientOptions{}))); !errors.Is(err, transport.KindInvalid) {
		t.Errorf("zero Transport: got %v", err)
	}
}

const page = "<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"

// A proxy or a portal answers with its page in place of the service's JSON.
func TestHTMLForJSON(t *testing.T) {
	for _, c := range []struct {
		status, tries int
	}{{200, 1}, {403, 1}, {404, 1}, {502, 4}} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) (*http.Response, error) {
				return answer(c.status, page, "Content-Type", "text/html"), nil
			}}
			_, err := get(t.Context(), pipeline(options(t, p)))
			if p.tries() != c.tries {
				t.Errorf("%d: got %d tries, want %d", c.status, p.tries(), c.tries)
			}
			var re *azcore.ResponseError
			switch {
			case c.status == 200:
				if err == nil || !strings.Contains(err.Error(), "unmarshalling") {
					t.Errorf("got %v, want azcore's error about the content", err)
				}
			case !errors.As(err, &re) || re.StatusCode != c.status:
				t.Errorf("got %v, want *azcore.ResponseError with %d", err, c.status)
			case !strings.Contains(err.Error(), "Sign in to the network"):
				t.Errorf("the error does not have the page: %v", err)
			}
		})
	}
}

// token is a credential that always has one.
type token struct{ asked int }

func (c *token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked++
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// A service that refuses every token ends in its 401, whether or not it asks for more.
func TestUnauthorizedForever(t *testing.T) {
	for name, challenge := range map[string]string{
		"no challenge": "",
		"bearer":       `Bearer authorization="https://login.example/tenant", resource="https://service.example"`,
		"claims":       `Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="`,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) (*http.Response, error) {
				return answer(401, `{"error":{"code":"Unauthorized"}}`, "Www-Authenticate", challenge), nil
			}}
			cred := &token{}
			start := time.Now()
			_, err := get(t.Context(), pipeline(options(t, p), runtime.NewBearerTokenPolicy(cred, []string{"scope"}, nil)))
			var re *azcore.ResponseError
			if !errors.As(err, &re) || re.StatusCode != 401 || re.ErrorCode != "Unauthorized" {
				t.Errorf("%s: got %v, want *azcore.ResponseError with 401", name, err)
			}
			if p.tries() > 2 || cred.asked > 2 || time.Since(start) != 0 {
				t.Errorf("%s: %d requests and %d tokens in %v", name, p.tries(), cred.asked, time.Since(start))
			}
		})
	}
}

// authority is a credential that gets its tokens over a pipeline of its own, as azidentity
// does.
type authority struct{ pl runtime.Pipeline }

func (a authority) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	tk, err := get(ctx, a.pl)
	return azcore.AccessToken{Token: tk, ExpiresOn: time.Now().Add(time.Hour)}, err
}

// The token endpoint takes the request and says nothing.
func TestTokenEndpointHangs(t *testing.T) {
	hang := func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	for _, c := range []struct {
		name     string
		base     policy.ClientOptions
		opts     *transport.Options
		deadline time.Duration
		most     time.Duration
		tries    int
	}{
		{"the caller's deadline", policy.ClientOptions{}, nil, 5 * time.Second, 5 * time.Second, 1},
		// The limit of the operation's own try is over together with that of the token's.
		{"azcore's limit for a try", policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: 1, TryTimeout: time.Second}}, nil, time.Minute, 4 * time.Second, 1},
		{"the transport's limit for the header", policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: 1}},
			&transport.Options{ResponseHeaderTimeout: time.Second}, time.Minute, 4 * time.Second, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{answer: hang}
			tr, err := transport.NewWith(p, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			opts := azure.ClientOptions(tr, c.base)
			ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
			defer cancel()
			start := time.Now()
			_, err = get(ctx, pipeline(opts, runtime.NewBearerTokenPolicy(authority{pipeline(opts)}, []string{"scope"}, nil)))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > c.most || p.tries() != c.tries {
				t.Errorf("%s: got %v after %v and %d tries", c.name, err, time.Since(start), p.tries())
			}
		})
	}
}

// Retries are azcore's, also when the client beneath it retries.
func TestRetriesAreNotMultiplied(t *testing.T) {
	for _, id := range []string{"", "my app"} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) (*http.Response, error) { return answer(503, ""), nil }}
			tr, err := transport.NewWith(p, &transport.Options{Wrap: func(next http.RoundTripper) http.RoundTripper {
				return retry.NewRoundTripper(next, nil)
			}})
			if err != nil {
				t.Fatal(err)
			}
			opts := azure.ClientOptions(tr, policy.ClientOptions{Telemetry: policy.TelemetryOptions{ApplicationID: id}})
			_, err = get(t.Context(), pipeline(opts))
			var re *azcore.ResponseError
			if !errors.As(err, &re) || re.StatusCode != 503 || p.tries() != 4 {
				t.Errorf("got %v after %d tries, want 503 after 4", err, p.tries())
			}
			opts.Transport = retry.NewClient(over(t, p), nil)
			if get(t.Context(), pipeline(opts)); p.tries() != 8 {
				t.Errorf("as an http.Client: got %d tries, want 4", p.tries()-4)
			}
		})
	}
}
