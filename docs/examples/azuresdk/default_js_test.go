// SPDX-License-Identifier: MIT

package azuresdk

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// sdkHasTransport reports whether the SDK's own transport works here: net/http uses no fetch
// where the program's name begins with node.
func sdkHasTransport() bool {
	process := js.Global().Get("process")
	return process.Type() != js.TypeObject || !strings.HasPrefix(process.Get("argv0").String(), "node")
}

// outcome is what a client made of the same blob, first as a whole and then in part.
type outcome struct {
	err    error
	status int
	length int
	right  bool
}

func (o outcome) String() string {
	switch {
	case bloberror.HasCode(o.err, bloberror.AuthorizationFailure):
		return "refused, AuthorizationFailure"
	case o.err != nil:
		return fmt.Sprintf("error %v", o.err)
	case !o.right:
		return fmt.Sprintf("status %d, %d bytes, WRONG, and no error", o.status, o.length)
	}
	return fmt.Sprintf("status %d, %d bytes, right", o.status, o.length)
}

// readTwice downloads a blob and then count bytes of it from offset. The blob has to be
// content.
func readTwice(t *testing.T, b *blob.Client, content []byte, offset, count int64) (whole, part outcome) {
	t.Helper()
	read := func(r blob.HTTPRange, want []byte) (o outcome) {
		resp, err := b.DownloadStream(t.Context(), &blob.DownloadStreamOptions{Range: r})
		if err != nil {
			return outcome{err: err}
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		o = outcome{err: err, length: len(got), right: bytes.Equal(got, want), status: http.StatusOK}
		if resp.ContentRange != nil {
			o.status = http.StatusPartialContent
		}
		return o
	}
	whole = read(blob.HTTPRange{}, content)
	part = read(blob.HTTPRange{Offset: offset, Count: count}, content[offset:offset+count])
	return whole, part
}

// TestDefaultTransport shows side by side what the default transport of azcore and that of
// this module do with a part of a blob that was just downloaded as a whole. It is the reason
// why the latter asks for nothing from the browser's cache.
func TestDefaultTransport(t *testing.T) {
	ours := blobClient(t, where.Blob, quickRetries())
	container := newContainer(t, ours)
	content := randomBytes(8 * mebi)

	// Without a transport the SDK takes its own. Each case has a blob of its own, so
	// that none finds another's in the cache.
	defaults := quickRetries()
	defaults.Transport = nil
	theirs := blobClient(t, where.Blob, defaults)

	type row struct {
		transport, credential string
		client                func(name string) *blob.Client
		ours                  bool
	}
	withKey := func(c *azblob.Client) func(string) *blob.Client {
		return func(name string) *blob.Client {
			return c.ServiceClient().NewContainerClient(container).NewBlobClient(name)
		}
	}
	withSAS := func(opts policy.ClientOptions) func(string) *blob.Client {
		return func(name string) *blob.Client {
			signed, err := withKey(ours)(name).GetSASURL(sas.BlobPermissions{Read: true}, time.Now().Add(time.Hour), nil)
			if err != nil {
				t.Fatal(err)
			}
			c, err := blob.NewClientWithNoCredential(signed, &blob.ClientOptions{ClientOptions: opts})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
	}
	rows := []row{
		{"azcore's default", "SAS", withSAS(defaults), false},
		{"azcore's default", "key", withKey(theirs), false},
		{"this module's", "SAS", withSAS(quickRetries()), true},
		{"this module's", "key", withKey(ours), true},
	}
	page := js.Global().Get("document").Type() == js.TypeObject
	for i, r := range rows {
		name := fmt.Sprintf("blob%d", i)
		upload(t, ours, container, name, content)
		whole, part := readTwice(t, r.client(name), content, mebi, mebi)
		t.Logf("%-16s %s: whole: %v; 1 MiB of it: %v", r.transport, r.credential, whole, part)
		switch {
		case r.ours && !(whole.right && part.right && part.status == http.StatusPartialContent):
			t.Errorf("%s transport failed", r.transport)
		case r.ours, !page: // a server runtime has no cache; there it is only shown
		case !whole.right:
			t.Errorf("%s transport did not even get the whole blob", r.transport)
		case part.right:
			t.Errorf("%s transport got the right part. This browser or net/http does what it did not when package fetch "+
				"was written: look whether its documentation of the cache still holds, and change this test", r.transport)
		}
	}
}
