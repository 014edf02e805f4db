// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

// getSecret asks a vault for a secret with a credential of a tenant.
func getSecret(t *testing.T, ctx context.Context, tenant, vaultHost string) (*rewriter, error) {
	t.Helper()
	base, err := url.Parse(where.Identity)
	if err != nil {
		t.Fatal(err)
	}
	w := &rewriter{base: base}
	opts := policy.ClientOptions{Transport: w, Retry: quickRetries().Retry}
	opts.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: "https://" + settings.AuthorityHost}
	cred, err := azidentity.NewClientSecretCredential(tenant, settings.ClientID, where.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient("https://"+vaultHost, cred, &azsecrets.ClientOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetSecret(ctx, "any", "", nil)
	if err == nil {
		t.Fatal("got a secret")
	}
	if strings.Contains(err.Error(), where.ClientSecret) {
		t.Error("the error has the client's secret in it")
	}
	return w, err
}

// TestHTMLForJSON: a portal or a proxy answers in the place of the vault, and of the
// authority.
func TestHTMLForJSON(t *testing.T) {
	if _, err := getSecret(t, t.Context(), settings.Tenant, settings.HTMLVault); !strings.Contains(err.Error(), "unmarshalling") {
		t.Errorf("the vault's: got %v, want azcore's error about the content", err)
	}
	_, err := getSecret(t, t.Context(), settings.PortalTenant, settings.PortalVault)
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) {
		t.Errorf("the authority's: got %v (%T), want *azidentity.AuthenticationFailedError", err, err)
	}
}

// TestUnauthorizedForever: a vault that believes no token, with a challenge each time, is
// asked twice.
func TestUnauthorizedForever(t *testing.T) {
	w, err := getSecret(t, t.Context(), settings.Tenant, settings.DeafVault)
	wantResponseError(t, err, http.StatusUnauthorized, "Unauthorized")
	asked := 0
	for _, line := range w.take() {
		if strings.HasPrefix(line, "GET "+settings.DeafVault) {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("the vault was asked %d times, want 2", asked)
	}
}

// TestTokenEndpointHangs: the token endpoint takes the request and says nothing. The call
// ends with its context.
func TestTokenEndpointHangs(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := getSecret(t, ctx, settings.SilentTenant, settings.SilentVault)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v (%T), want context.DeadlineExceeded", err, err)
	}
}

// counted counts the tries of a client.
type counted struct{ tries int }

// Do implements policy.Policy.
func (c *counted) Do(req *policy.Request) (*http.Response, error) {
	c.tries++
	return req.Next()
}

// wantOneTry fails the test unless a client with that transport fails with that kind, and
// without another try.
func wantOneTry(t *testing.T, name string, tr *transport.Transport, kind transport.Kind) {
	t.Helper()
	tries := &counted{}
	opts := azure.ClientOptions(tr, policy.ClientOptions{PerRetryPolicies: []policy.Policy{tries}})
	_, err := newJobsClient(t, where.JobsKey, opts).BeginShout(t.Context(), "hello")
	var sent *transport.Error
	if !errors.As(err, &sent) || sent.Kind != kind || tries.tries != 1 {
		t.Errorf("%s: got %v after %d tries, want %v after one", name, err, tries.tries, kind)
	}
}

// TestNoTransport: clients that were given no transport, or one that was never made, fail and
// say why.
func TestNoTransport(t *testing.T) {
	wantOneTry(t, "nil", nil, transport.KindInvalid)
	wantOneTry(t, "zero", &transport.Transport{}, transport.KindInvalid)
}

// TestNilOptions: nil options are taken, with a transport that nobody chose;
// options of nothing but the transport are enough.
func TestNilOptions(t *testing.T) {
	client, err := azcore.NewClient("azuresdk/jobs", "v1.0.0", runtime.PipelineOptions{}, &policy.ClientOptions{Transport: transport.Default()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&jobsClient{where.Jobs, client}).BeginShout(t.Context(), "hello")
	wantResponseError(t, err, http.StatusUnauthorized, "401")
	if _, err := azcore.NewClient("azuresdk/jobs", "v1.0.0", runtime.PipelineOptions{}, nil); err != nil {
		t.Errorf("nil options: %v", err)
	}
}
