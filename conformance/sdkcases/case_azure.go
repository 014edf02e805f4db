// SPDX-License-Identifier: MIT

package sdkcases

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
)

func seekableBody(t *conformance.T) {
	data := conformance.Pattern(200_000, 1)
	body := newShared(data)
	pl, d := pipeline(t, policy.ClientOptions{})
	req := newRequest(t, t.Context(), http.MethodPut, flaky(t, "503", "503", "200"), body)
	before := body.rewinds.Load()
	resp := do(t, pl, req, 200)
	t.Equal("body", payload(t, resp), "flaky")
	t.Equal("hash that the service got", resp.Header.Get("X-Test"), hashOf(data))
	t.Equal("tries", d.take(), 3)
	// azcore goes back before the first try, too.
	t.Equal("rewinds", int(body.rewinds.Load()-before), 1+2)
	body.check(t)
	t.Expect(conformance.Values(conformance.EventBodyEnd, "sha256", times(3, hashOf(data))...),
		conformance.Each(conformance.EventRequest, "contentLength", strconv.Itoa(len(data))))
}

func earlyAnswer(t *conformance.T) {
	// More than sockets hold while nobody reads, so that the answer comes during the upload.
	data := conformance.Pattern(8<<20, 1)
	body := newShared(data)
	pl, d := pipeline(t, policy.ClientOptions{})
	released := make(chan struct{})
	go func() {
		defer close(released)
		defer t.Release("go")
		// The service does not read before the next try is there. Where the platform
		// hands an answer over when it has sent everything, it reads as soon as that is out.
		if t.Has(driver.UploadEarly) {
			t.Wait(conformance.EventRequest, 2)
		} else {
			t.Wait(conformance.EventSent, 1)
		}
	}()
	resp := do(t, pl, newRequest(t, t.Context(), http.MethodPut, flaky(t, "early-503", "200"), body), 200)
	<-released
	t.Equal("hash that the service got", resp.Header.Get("X-Test"), hashOf(data))
	t.Equal("tries", d.take(), 2)
	body.check(t)
	t.Expect(conformance.Each(conformance.EventBodyEnd, "sha256", hashOf(data)))
	if t.Has(driver.UploadEarly) {
		t.Expect(conformance.Count(conformance.EventBodyCut, 1), conformance.Count(conformance.EventBodyEnd, 1))
	}
}

func bodyReadError(t *conformance.T) {
	pl, d := pipeline(t, policy.ClientOptions{})
	send := func(method string) (*http.Response, error) {
		var body io.ReadSeekCloser
		if method != http.MethodGet && method != http.MethodDelete {
			body = newShared([]byte("body"))
		}
		return pl.Do(newRequest(t, t.Context(), method, flaky(t, "cut", "200"), body))
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		resp, err := send(method)
		if t.True(err == nil, "%s: %v", method, err) {
			t.Equal(method+": body", payload(t, resp), "flaky")
		}
		t.Equal(method+": tries", d.take(), 2)
	}
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		_, err := send(method)
		t.True(errors.Is(err, io.ErrUnexpectedEOF), "%s: got %v, want io.ErrUnexpectedEOF", method, err)
		t.Equal(method+": tries", d.take(), 1)
	}
}

func tryTimeout(t *conformance.T) {
	opts := policy.ClientOptions{Retry: policy.RetryOptions{TryTimeout: t.Limit(2 * time.Second)}}
	pl, d := pipeline(t, opts)
	for _, c := range []struct{ method, step string }{
		{http.MethodGet, "stall-200"}, // the limit ends the read of the body
		{http.MethodPut, "hang"},      // the limit ends the wait for the header
	} {
		var body io.ReadSeekCloser
		shared := newShared([]byte("body"))
		if c.method == http.MethodPut {
			body = shared
		}
		ctx, cancel := context.WithCancel(t.Context())
		req := newRequest(t, ctx, c.method, flaky(t, c.step, "200"), body)
		if c.step == "hang" {
			azruntime.SkipBodyDownload(req) // else azcore reads the body within the try
		}
		resp := do(t, pl, req, 200)
		t.Equal(c.step+": body", payload(t, resp), "flaky")
		t.Equal(c.step+": tries", d.take(), 2)
		resp.Body.Close()
		cancel()
		t.True(resp.Body.Close() == nil, "%s: Close after the end fails", c.step)
		if body != nil {
			shared.check(t)
		}
	}
	if t.Has(driver.AbortWire) {
		t.Wait(conformance.EventGone, 2)
		t.Expect(conformance.Count(conformance.EventGone, 2))
	}
}

// tokens is a credential that gives a token after the other.
type tokens struct {
	list  []string
	asked []policy.TokenRequestOptions
}

// GetToken implements azcore.TokenCredential.
func (c *tokens) GetToken(_ context.Context, opts policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked = append(c.asked, opts)
	return azcore.AccessToken{Token: c.list[min(len(c.asked), len(c.list))-1], ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func challenge(t *conformance.T) {
	data := conformance.Pattern(50_000, 1)
	scope := []string{"https://service.test/.default"}
	put := func(what, url string, cred *tokens, handler policy.AuthorizationHandler) {
		auth := azruntime.NewBearerTokenPolicy(cred, scope, &policy.BearerTokenOptions{
			AuthorizationHandler: handler, InsecureAllowCredentialWithHTTP: true,
		})
		pl, d := pipeline(t, policy.ClientOptions{}, auth)
		body := newShared(data)
		resp := do(t, pl, newRequest(t, t.Context(), http.MethodPut, url, body), 200)
		t.Equal(what+": body", payload(t, resp), "welcome")
		t.Equal(what+": requests", d.take(), 2)
		body.check(t)
	}

	// As Key Vault has it: the first request is without a token, and the challenge says
	// what kind of token is wanted.
	said := ""
	cred := &tokens{list: []string{"first"}}
	put("challenge", t.OtherURL("bearer", "want", "first", "challenge", `Bearer resource="https://service.test"`), cred, policy.AuthorizationHandler{
		OnRequest: func(*policy.Request, func(policy.TokenRequestOptions) error) error { return nil },
		OnChallenge: func(_ *policy.Request, resp *http.Response, authenticate func(policy.TokenRequestOptions) error) error {
			said = resp.Header.Get("WWW-Authenticate")
			return authenticate(policy.TokenRequestOptions{Scopes: scope})
		},
	})
	t.Equal("challenge", said, `Bearer resource="https://service.test"`)

	// Continuous access evaluation: the token that was good is refused, and the
	// challenge has claims for the next one.
	cred = &tokens{list: []string{"stale", "second"}}
	put("claims", t.OtherURL("bearer", "want", "second", "challenge", `Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="`),
		cred, policy.AuthorizationHandler{})
	if t.Equal("claims: tokens", len(cred.asked), 2) {
		t.Equal("claims", cred.asked[1].Claims, `{"a":1}`)
	}
	t.Expect(conformance.Values(conformance.EventRequest, "header.Authorization", "Bearer first", "Bearer stale", "Bearer second"),
		conformance.Values(conformance.EventBodyEnd, "sha256", times(4, hashOf(data))...))
}

func progress(t *conformance.T) {
	pl, _ := pipeline(t, policy.ClientOptions{})
	// rises checks the numbers that progress is told in.
	rises := func(what string, size int64) (func(int64), func()) {
		var last int64
		steady := true
		return func(n int64) { steady, last = steady && n >= last, n },
			func() {
				t.True(steady, "%s: the numbers go down", what)
				t.Equal(what+": last number", last, size)
			}
	}

	told, check := rises("download", 3000)
	req := newRequest(t, t.Context(), http.MethodGet, t.URL("gate", "first", "1000", "second", "2000"), nil)
	azruntime.SkipBodyDownload(req)
	resp := do(t, pl, req, 200)
	body := streaming.NewResponseProgress(resp.Body, told)
	first := make([]byte, 1000)
	if _, err := io.ReadFull(body, first); err != nil {
		t.Fatalf("the first bytes: %v", err)
	}
	t.Equal("first bytes", string(first), strings.Repeat("a", 1000))
	// The service has not sent the rest: it waits for this.
	t.Release("go")
	rest, err := io.ReadAll(body)
	t.True(err == nil && string(rest) == strings.Repeat("b", 2000), "the rest: %d bytes, %v", len(rest), err)
	t.True(body.Close() == nil, "Close fails")
	check()

	data := conformance.Pattern(1<<20, 1)
	told, check = rises("upload", int64(len(data)))
	src := newShared(data)
	resp = do(t, pl, newRequest(t, t.Context(), http.MethodPut, flaky(t, "200"), streaming.NewRequestProgress(src, told)), 200)
	t.Equal("hash that the service got", resp.Header.Get("X-Test"), hashOf(data))
	check()
	src.check(t)
	t.Expect(conformance.Values(conformance.EventBodyEnd, "bytes", "0", strconv.Itoa(len(data))))
}

func telemetry(t *conformance.T) {
	pl, _ := pipeline(t, policy.ClientOptions{Telemetry: policy.TelemetryOptions{ApplicationID: "the app"}}, azruntime.NewRequestIDPolicy())
	url := t.OtherURL("flaky", "step", "409", "header", "X-Ms-Error-Code:ThingExists", "header", "X-Ms-Request-Id:abc")
	const id = "11111111-2222-3333-4444-555555555555"
	for _, own := range []bool{false, true} {
		req := newRequest(t, t.Context(), http.MethodGet, url, nil)
		if own {
			req.Raw().Header.Set("x-ms-client-request-id", id)
		}
		resp := do(t, pl, req, 409)
		err := azruntime.NewResponseError(resp)
		var re *azcore.ResponseError
		if t.True(errors.As(err, &re), "got %T, want *azcore.ResponseError", err) {
			t.Equal("error code", re.ErrorCode, "ThingExists")
			t.Equal("status", re.StatusCode, 409)
			t.True(strings.Contains(err.Error(), "409 Conflict"), "the error's text does not have the status: %v", err)
		}
		sent := resp.Request.Header.Get("X-Ms-Client-Request-Id")
		t.Equal("id that came back", resp.Header.Get("X-Ms-Client-Request-Id"), sent)
		t.True(sent != "" && (sent == id) == own, "the id that was sent is %q", sent)
		t.Equal("id of the service", resp.Header.Get("X-Ms-Request-Id"), "abc")
		agent := resp.Request.Header.Get("User-Agent")
		t.True(strings.HasPrefix(agent, "the/app azsdk-go-azfake/v1.2.3 "), "the telemetry policy has not run: User-Agent %q", agent)
		if own && t.Has(driver.HeaderUserAgent) {
			t.Expect(conformance.Each(conformance.EventRequest, "header.User-Agent", agent))
		}
	}
}
