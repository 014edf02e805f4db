// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/backends/wasi"
	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
	"github.com/isohttp/isohttp/transport/driver"
)

// counted counts the tries of a client.
type counted struct{ tries int }

// Do implements policy.Policy.
func (c *counted) Do(req *policy.Request) (*http.Response, error) {
	c.tries++
	return req.Next()
}

// wantOneTry fails the test unless a client with that transport fails with that kind, and
// without another try; and so does a credential, with its own type.
func wantOneTry(t *testing.T, name string, tr *transport.Transport, kind transport.Kind) {
	t.Helper()
	tries := &counted{}
	opts := azure.ClientOptions(tr, policy.ClientOptions{PerRetryPolicies: []policy.Policy{tries}})
	client := newJobsClient(t, where.JobsKey, opts)
	err := failure(t, ample, func(ctx context.Context) error {
		_, err := client.BeginShout(ctx, "hello")
		return err
	})
	var sent *transport.Error
	if !errors.As(err, &sent) || sent.Kind != kind || tries.tries != 1 {
		t.Errorf("%s: got %v after %d tries, want %v after one", name, err, tries.tries, kind)
	}

	tries.tries = 0
	cred, err := azidentity.NewClientSecretCredential(settings.Tenant, settings.ClientID, where.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	err = failure(t, ample, func(ctx context.Context) error {
		_, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"any"}})
		return err
	})
	wantAuthenticationFailed(t, err, kind.Error())
	if tries.tries != 2 { // it asks twice for the instance, as in signIn
		t.Errorf("%s: a credential failed after %d tries, want two", name, tries.tries)
	}
}

// missing is a platform that is not there: it is that of some other program.
type missing struct{ err error }

func (m missing) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return nil, m.err
}

func (missing) Capabilities() driver.Capabilities { return driver.Capabilities{} }

// elsewhere returns the error of a backend that does not work on this platform.
func elsewhere(t *testing.T) error {
	t.Helper()
	if _, err := fetch.New(nil); err != nil {
		return err
	}
	_, err := wasi.New(nil)
	if err == nil {
		t.Fatal("a platform that has both fetch and wasi:http")
	}
	return err
}

// TestNoTransport: clients that were given no transport, one that was never made, or one
// whose platform is missing, fail and say why.
func TestNoTransport(t *testing.T) {
	wantOneTry(t, "nil", nil, transport.KindInvalid)
	wantOneTry(t, "zero", &transport.Transport{}, transport.KindInvalid)
	tr, err := transport.NewWith(missing{elsewhere(t)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantOneTry(t, "missing", tr, transport.KindUnsupported)
}

// TestNilOptions: nil options are taken, with the SDK's own transport, which is not there on
// each platform. Options of nothing but the transport are enough on all.
func TestNilOptions(t *testing.T) {
	for _, opts := range []*policy.ClientOptions{nil, {Transport: transport.Default()}} {
		client, err := azcore.NewClient("azuresdk/jobs", "v1.0.0", runtime.PipelineOptions{}, opts)
		if err != nil {
			t.Fatalf("options %v: %v", opts, err)
		}
		jobs := &jobsClient{where.Jobs, client}
		err = failure(t, short, func(ctx context.Context) error {
			_, err := jobs.BeginShout(ctx, "hello")
			return err
		})
		if opts == nil && !sdkHasTransport() {
			// Each try fails, and the policy waits longer than that deadline in between.
			if err != context.DeadlineExceeded {
				t.Errorf("nil options: got %v (%T), want context.DeadlineExceeded itself", err, err)
			}
			continue
		}
		wantResponseError(t, err, http.StatusUnauthorized, "401")
	}
}
