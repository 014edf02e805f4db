// SPDX-License-Identifier: MIT

package azure_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/transport/azure"
)

func TestCopyUserAgent(t *testing.T) {
	for _, c := range []struct {
		name      string
		page      bool
		copy      bool
		own       string // x-ms-useragent of the caller
		telemetry policy.TelemetryOptions
		agent     string // prefix of what is sent
		copied    string
	}{
		{"page", true, true, "", policy.TelemetryOptions{}, "", "azsdk-go-azfake/v1.0.0 "},
		{"page, with an application's id", true, true, "", policy.TelemetryOptions{ApplicationID: "app"}, "", "app azsdk-go-azfake/v1.0.0 "},
		{"page, off by default", true, false, "", policy.TelemetryOptions{}, "", ""},
		{"page, without telemetry", true, true, "", policy.TelemetryOptions{Disabled: true}, "", ""},
		{"page, with the caller's own", true, true, "mine", policy.TelemetryOptions{}, "", "mine"},
		{"elsewhere", false, true, "", policy.TelemetryOptions{}, "azsdk-go-azfake/v1.0.0 ", ""},
	} {
		p := &platform{page: c.page, answer: func(*http.Request) (*http.Response, error) { return answer(200, `{}`), nil }}
		tr := over(t, p)
		base := policy.ClientOptions{Telemetry: c.telemetry}
		if c.own != "" {
			base.PerCallPolicies = append(base.PerCallPolicies, set{"X-Ms-Useragent", c.own})
		}
		if c.copy {
			base.PerCallPolicies = append(base.PerCallPolicies, azure.CopyUserAgent(tr))
		}
		// A signature covers every x-ms- header, so the copy has to be there before.
		var signed http.Header
		sign := policyFunc(func(req *policy.Request) (*http.Response, error) {
			signed = req.Raw().Header.Clone()
			return req.Next()
		})
		if _, err := get(t.Context(), pipeline(azure.ClientOptions(tr, base), sign)); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		sent := p.seen[0]
		for name, want := range map[string]string{"User-Agent": c.agent, "X-Ms-Useragent": c.copied} {
			if got := sent.Get(name); !strings.HasPrefix(got, want) || want == "" && got != "" {
				t.Errorf("%s: %s was %q, want %q", c.name, name, got, want)
			}
		}
		if got := signed.Get("X-Ms-Useragent"); got != sent.Get("X-Ms-Useragent") {
			t.Errorf("%s: signed %q, sent %q", c.name, got, sent.Get("X-Ms-Useragent"))
		}
	}
}

func TestCopyUserAgentOfNoTransport(t *testing.T) {
	base := policy.ClientOptions{PerCallPolicies: []policy.Policy{azure.CopyUserAgent(nil)}}
	if _, err := get(t.Context(), pipeline(azure.ClientOptions(nil, base))); err == nil {
		t.Error("a client without a transport gave no error")
	}
}

type policyFunc func(*policy.Request) (*http.Response, error)

func (f policyFunc) Do(req *policy.Request) (*http.Response, error) { return f(req) }

type set struct{ name, value string }

func (s set) Do(req *policy.Request) (*http.Response, error) {
	req.Raw().Header.Set(s.name, s.value)
	return req.Next()
}
