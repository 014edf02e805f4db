// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue"

	"github.com/isohttp/isohttp/transport"
)

// clientOptions are those of every client here: the transport is all that is said.
func clientOptions() policy.ClientOptions {
	return policy.ClientOptions{Transport: transport.Default()}
}

// quickRetries are clientOptions for tests of failures that the SDK retries.
func quickRetries() policy.ClientOptions {
	opts := clientOptions()
	opts.Retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond, MaxRetryDelay: 10 * time.Millisecond}
	return opts
}

// blobClient returns a client with the account's key for a blob endpoint.
func blobClient(t *testing.T, endpoint string, opts policy.ClientOptions) *azblob.Client {
	t.Helper()
	cred, err := azblob.NewSharedKeyCredential(where.Account, where.Key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azblob.NewClientWithSharedKeyCredential(endpoint, cred, &azblob.ClientOptions{ClientOptions: opts})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newContainer creates a container that is deleted after the test.
func newContainer(t *testing.T, client *azblob.Client) string {
	t.Helper()
	name := newName("blobs-")
	if _, err := client.CreateContainer(t.Context(), name, nil); err != nil {
		t.Fatalf("creating a container: %v", err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteContainer(context.Background(), name, nil); err != nil {
			t.Errorf("deleting the container: %v", err)
		}
	})
	return name
}

func queueClient(t *testing.T) *azqueue.ServiceClient {
	t.Helper()
	cred, err := azqueue.NewSharedKeyCredential(where.Account, where.Key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azqueue.NewServiceClientWithSharedKeyCredential(where.Queue, cred, &azqueue.ClientOptions{ClientOptions: clientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func tableClient(t *testing.T) *aztables.ServiceClient {
	t.Helper()
	cred, err := aztables.NewSharedKeyCredential(where.Account, where.Key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := aztables.NewServiceClientWithSharedKey(where.Table, cred, &aztables.ClientOptions{ClientOptions: clientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newName returns a name that no other test uses, of letters and digits after the prefix.
func newName(prefix string) string {
	var id [6]byte
	rand.Read(id[:])
	return prefix + hex.EncodeToString(id[:])
}

// randomBytes returns content that no cache and no compression can guess.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// wantResponseError fails the test unless err is the SDK's error for an answer of that
// status and code.
func wantResponseError(t *testing.T, err error, status int, code string) {
	t.Helper()
	var re *azcore.ResponseError
	if !errors.As(err, &re) {
		t.Fatalf("got error %v (%T), want *azcore.ResponseError with %d %s", err, err, status, code)
	}
	if re.StatusCode != status || re.ErrorCode != code {
		t.Errorf("got %d %s, want %d %s", re.StatusCode, re.ErrorCode, status, code)
	}
	// The SDK prints both.
	if resp := re.RawResponse; resp == nil || resp.Request == nil || !strings.HasPrefix(resp.Status, strconv.Itoa(status)+" ") {
		t.Errorf("the error's response is not whole: %+v", resp)
	}
}
