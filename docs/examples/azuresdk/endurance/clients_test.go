// SPDX-License-Identifier: MIT

package endurance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/where"
	"github.com/isohttp/isohttp/transport"
)

// clients are those of the account, over one Transport.
type clients struct {
	tr     *transport.Transport
	blobs  *azblob.Client
	queues *azqueue.ServiceClient
	tables *aztables.ServiceClient
}

// newClients returns clients that try again for some seconds: a kill takes about as long.
func newClients(t *testing.T) *clients {
	t.Helper()
	c := &clients{tr: transport.Default()}
	opts := policy.ClientOptions{
		Transport:        c.tr,
		PerRetryPolicies: []policy.Policy{countAttempts{}},
		Retry:            policy.RetryOptions{MaxRetries: 6, RetryDelay: 50 * time.Millisecond, MaxRetryDelay: time.Second},
	}
	blobKey, err := azblob.NewSharedKeyCredential(account.Name, account.Key)
	queueKey, err2 := azqueue.NewSharedKeyCredential(account.Name, account.Key)
	tableKey, err3 := aztables.NewSharedKeyCredential(account.Name, account.Key)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	c.blobs, err = azblob.NewClientWithSharedKeyCredential(account.Blob, blobKey, &azblob.ClientOptions{ClientOptions: opts})
	c.queues, err2 = azqueue.NewServiceClientWithSharedKeyCredential(account.Queue, queueKey, &azqueue.ClientOptions{ClientOptions: opts})
	c.tables, err3 = aztables.NewServiceClientWithSharedKey(account.Table, tableKey, &aztables.ClientOptions{ClientOptions: opts})
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	return c
}

type attemptsKey struct{}

// withAttempts returns a context that counts how often a request is sent.
func withAttempts(ctx context.Context) (context.Context, *atomic.Int32) {
	n := new(atomic.Int32)
	return context.WithValue(ctx, attemptsKey{}, n), n
}

// countAttempts is a policy behind the one that tries again.
type countAttempts struct{}

func (countAttempts) Do(req *policy.Request) (*http.Response, error) {
	if n, ok := req.Raw().Context().Value(attemptsKey{}).(*atomic.Int32); ok {
		n.Add(1)
	}
	return req.Next()
}

// kill kills the account, which starts again by itself.
func (c *clients) kill(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, account.Control+"/kill", nil)
	if err != nil {
		return err
	}
	resp, err := c.tr.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// kills waits until the account serves, and returns how often it was killed.
func (c *clients) kills(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, account.Control+"/state", nil)
	if err != nil {
		return 0, err
	}
	resp, err := c.tr.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var s where.State
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		return 0, err
	}
	if s.Err != "" {
		return s.Kills, fmt.Errorf("the account does not serve any more: %s", s.Err)
	}
	return s.Kills, nil
}
