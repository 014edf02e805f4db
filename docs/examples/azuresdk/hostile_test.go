// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
	"github.com/isohttp/isohttp/transport"
)

const (
	// ample is a deadline for calls that have to fail long before it.
	ample = time.Minute
	// short is one for calls that nothing else ends. What comes before the hang has to fit.
	short = 5 * time.Second
	// grace is how late a call may return after its deadline on a busy machine.
	grace = 10 * time.Second
)

// failure makes a call with a deadline, and returns its error. The test fails if the call
// succeeds, or if it has not ended soon after the deadline.
func failure(t *testing.T, limit time.Duration, call func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	late := time.NewTimer(limit + grace)
	defer late.Stop()
	result := make(chan error, 1)
	go func() { result <- call(ctx) }()
	select {
	case err := <-result:
		if err == nil {
			t.Fatal("the call succeeded")
		}
		if strings.Contains(err.Error(), where.ClientSecret) {
			t.Error("the error has the client's secret in it")
		}
		return err
	case <-late.C:
		t.Fatalf("the call has not returned %v after its deadline", grace)
		return nil
	}
}

// credential returns a credential of a tenant, and what all of its requests go through.
func credential(t *testing.T, tenant string) (*azidentity.ClientSecretCredential, *rewriter) {
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
	return cred, w
}

// getSecret returns a call that asks a vault for a secret with a credential of a tenant.
func getSecret(t *testing.T, tenant, vaultHost, name string) (call func(context.Context) error, w *rewriter) {
	t.Helper()
	cred, w := credential(t, tenant)
	opts := policy.ClientOptions{Transport: w, Retry: quickRetries().Retry}
	client, err := azsecrets.NewClient("https://"+vaultHost, cred, &azsecrets.ClientOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		_, err := client.GetSecret(ctx, name, "", nil)
		return err
	}, w
}

// getToken returns a call that asks for a token, with no client of a service around it.
func getToken(t *testing.T, tenant string) (call func(context.Context) error, w *rewriter) {
	t.Helper()
	cred, w := credential(t, tenant)
	return func(ctx context.Context) error {
		_, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://" + settings.VaultDomain + "/.default"}})
		return err
	}, w
}

// wantAuthenticationFailed fails the test unless err is azidentity's own. It has nothing in
// its chain: the reason is in its text.
func wantAuthenticationFailed(t *testing.T, err error, reason string) {
	t.Helper()
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v (%T), want *azidentity.AuthenticationFailedError", err, err)
	}
	if failed.RawResponse != nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("got %v with response %v, want the reason %q", err, failed.RawResponse, reason)
	}
}

// TestHTMLForJSON: a portal or a proxy answers in the place of the vault, and of the
// authority.
func TestHTMLForJSON(t *testing.T) {
	call, _ := getSecret(t, settings.Tenant, settings.HTMLVault, "any")
	err := failure(t, ample, call)
	// azcore has no type for it.
	if want := "unmarshalling type *azsecrets.Secret: "; !strings.HasPrefix(err.Error(), want) || errors.Unwrap(err) != nil {
		t.Errorf("the vault's: got %v (%T), want azcore's error %q", err, err, want)
	}

	call, _ = getSecret(t, settings.Tenant, settings.HTMLVault, settings.ForbiddenSecret)
	err = failure(t, ample, call)
	wantResponseError(t, err, http.StatusForbidden, "")
	if !strings.Contains(err.Error(), "Sign in to this network") {
		t.Errorf("the page is not in the error %v", err)
	}

	call, _ = getSecret(t, settings.PortalTenant, settings.PortalVault, "any")
	wantAuthenticationFailed(t, failure(t, ample, call), "json decode error")
}

// TestUnauthorizedForever: a vault that believes no token, with a challenge each time, is
// asked twice.
func TestUnauthorizedForever(t *testing.T) {
	call, w := getSecret(t, settings.Tenant, settings.DeafVault, "any")
	wantResponseError(t, failure(t, ample, call), http.StatusUnauthorized, "Unauthorized")
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

// silentToken is the token endpoint that takes the request and says nothing.
const silentToken = settings.AuthorityHost + "/" + settings.SilentTenant + "/oauth2/v2.0/token"

// wantHungAt fails the test unless w has sent that many requests to the silent endpoint, none
// of which was answered.
func wantHungAt(t *testing.T, w *rewriter, times int) {
	t.Helper()
	answered, begun := w.take(), w.sent()
	isToken := func(line string) bool { return strings.Contains(line, silentToken) }
	if n := len(begun) - len(slices.DeleteFunc(slices.Clone(begun), isToken)); n != times || slices.ContainsFunc(answered, isToken) {
		t.Errorf("requests begun: %q, answered: %q; want %d for the silent endpoint, and no answer", begun, answered, times)
	}
}

// TestTokenEndpointHangs: the token endpoint takes the request and says nothing.
func TestTokenEndpointHangs(t *testing.T) {
	t.Run("deadline of an operation", func(t *testing.T) {
		call, w := getSecret(t, settings.SilentTenant, settings.SilentVault, "any")
		err := failure(t, short, call)
		// azcore's policy gives the context's error in the place of the credential's.
		var failed *azidentity.AuthenticationFailedError
		if err != context.DeadlineExceeded || errors.As(err, &failed) {
			t.Errorf("got %v (%T), want context.DeadlineExceeded itself", err, err)
		}
		wantHungAt(t, w, 1)
	})
	t.Run("deadline of a credential", func(t *testing.T) {
		call, w := getToken(t, settings.SilentTenant)
		err := failure(t, short, call)
		wantAuthenticationFailed(t, err, context.DeadlineExceeded.Error())
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v matches context.DeadlineExceeded now: docs/azure.md says that it does not", err)
		}
		wantHungAt(t, w, 1)
	})
	t.Run("canceled", func(t *testing.T) {
		call, w := getSecret(t, settings.SilentTenant, settings.SilentVault, "any")
		err := failure(t, ample, func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			w.begins = func(line string) {
				if line == "POST "+silentToken {
					cancel()
				}
			}
			return call(ctx)
		})
		if err != context.Canceled {
			t.Errorf("got %v (%T), want context.Canceled itself", err, err)
		}
		wantHungAt(t, w, 1)
	})
	t.Run("header limit", func(t *testing.T) {
		call, w := getSecret(t, settings.SilentTenant, settings.SilentVault, "any")
		w.headerLimit = map[string]time.Duration{"POST " + silentToken: 100 * time.Millisecond}
		wantAuthenticationFailed(t, failure(t, ample, call), transport.KindTimeout.Error())
		wantHungAt(t, w, 1+int(quickRetries().Retry.MaxRetries))
	})
}
