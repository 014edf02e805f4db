// SPDX-License-Identifier: MIT

package azuresdk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
	"github.com/isohttp/isohttp/transport"
)

// rewriter sends what is meant for https://host/path to <base>/host/path and hands all
// else to the transport under test. It is there because the clients refuse to send secrets
// to anything but https, and the services beside these tests have no certificate that every
// platform would accept.
type rewriter struct {
	base        *url.URL
	headerLimit map[string]time.Duration // by method and address
	begins      func(line string)        // is told of each request before it is sent; nil for nobody

	mu    sync.Mutex
	begun []string // all requests
	seen  []string // requests with their status
}

func (w *rewriter) Do(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" {
		return nil, fmt.Errorf("a request by %q", req.URL.Scheme)
	}
	line := req.Method + " " + req.URL.Host + req.URL.Path
	w.mu.Lock()
	w.begun = append(w.begun, line)
	w.mu.Unlock()
	if w.begins != nil {
		w.begins(line)
	}
	out := req.Clone(transport.WithRequestOptions(req.Context(), transport.RequestOptions{ResponseHeaderTimeout: w.headerLimit[line]}))
	out.URL.Scheme, out.URL.Host, out.Host = w.base.Scheme, w.base.Host, ""
	out.URL.Path = "/" + req.URL.Host + req.URL.Path
	resp, err := transport.Default().Do(out)
	if err != nil {
		return nil, err
	}
	resp.Request = req
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, fmt.Sprintf("%s %d", line, resp.StatusCode))
	return resp, nil
}

// sent returns all requests, answered or not.
func (w *rewriter) sent() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun
}

// take returns the requests since it was last called.
func (w *rewriter) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// vault returns a client of the vault that has a credential with that secret, and what all
// of its requests go through.
func vault(t *testing.T, clientSecret string) (*azsecrets.Client, *rewriter) {
	t.Helper()
	base, err := url.Parse(where.Identity)
	if err != nil {
		t.Fatal(err)
	}
	w := &rewriter{base: base}
	opts := policy.ClientOptions{Transport: w}
	opts.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: "https://" + settings.AuthorityHost}
	cred, err := azidentity.NewClientSecretCredential(settings.Tenant, settings.ClientID, clientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient("https://"+settings.VaultHost, cred, &azsecrets.ClientOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	return client, w
}

const tenantPath = settings.AuthorityHost + "/" + settings.Tenant

// signIn is what a client does before its first request with a token. It asks twice which
// instance is responsible: once to find out whether the authority is one, and once to find it.
var signIn = []string{
	"GET login.microsoftonline.com/common/discovery/instance 200",
	"GET login.microsoftonline.com/common/discovery/instance 200",
	"GET " + tenantPath + "/v2.0/.well-known/openid-configuration 200",
	"POST " + tenantPath + "/oauth2/v2.0/token 200",
}

func TestSecret(t *testing.T) {
	ctx := t.Context()
	client, w := vault(t, where.ClientSecret)
	name, value := newName("secret-"), text
	set, err := client.SetSecret(ctx, name, azsecrets.SetSecretParameters{Value: &value}, nil)
	if err != nil {
		t.Fatalf("set: %v", err)
	}
	secret := settings.VaultHost + "/secrets/" + name
	// The vault says by a challenge what kind of token it wants.
	want := slices.Concat([]string{"PUT " + secret + " 401"}, signIn, []string{"PUT " + secret + " 200"})
	if got := w.take(); !slices.Equal(got, want) {
		t.Errorf("requests:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if set.ID == nil || set.ID.Name() != name {
		t.Errorf("the secret's id is %v", set.ID)
	}

	// Later ones have the token already.
	got, err := client.GetSecret(ctx, name, "", nil)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	if got.Value == nil || *got.Value != value {
		t.Errorf("got %v, want %q", got.Value, value)
	}
	if got, want := w.take(), []string{"GET " + secret + "/ 200"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
	_, err = client.GetSecret(ctx, newName("other-"), "", nil)
	wantResponseError(t, err, http.StatusNotFound, "SecretNotFound")
}

func TestWrongClientSecret(t *testing.T) {
	client, w := vault(t, "wrong-"+where.ClientSecret)
	_, err := client.GetSecret(t.Context(), "any", "", nil)
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v (%T), want *azidentity.AuthenticationFailedError", err, err)
	}
	if failed.RawResponse == nil || failed.RawResponse.StatusCode != http.StatusUnauthorized {
		t.Errorf("its response is %v", failed.RawResponse)
	}
	if !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("the authority's reason is not in %q", err)
	}
	if strings.Contains(err.Error(), where.ClientSecret) {
		t.Error("the error has the secret in it")
	}
	want := slices.Concat([]string{"GET " + settings.VaultHost + "/secrets/any/ 401"}, signIn[:3],
		[]string{"POST " + tenantPath + "/oauth2/v2.0/token 401"})
	if got := w.take(); !slices.Equal(got, want) {
		t.Errorf("requests:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var re *azcore.ResponseError
	if errors.As(err, &re) {
		t.Errorf("the error is of the vault: %v", re)
	}
}
