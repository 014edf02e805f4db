// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// UploadOptions are the optional settings of an upload.
type UploadOptions struct {
	// BlockSize is the size of the pieces that are sent, in bytes. Zero is 4 MiB.
	BlockSize int64

	// Parallel is how many pieces are under way at once. Each one takes its size in
	// memory. Zero is 4.
	Parallel int

	// Overwrite replaces a blob of the same name. Without it such an upload fails.
	Overwrite bool

	// Progress is told how many bytes the store has acknowledged. Calls do not
	// overlap.
	Progress func(bytes int64)
}

// cleanup bounds what an upload does after it failed.
const cleanup = 20 * time.Second

// Upload sends what r has, of whatever length, to a blob. The blob is there as a whole
// once Upload has returned nil. After an error, in r or on the way, there is no
// part of it: the pieces that were sent are thrown away.
func (s *Store) Upload(ctx context.Context, containerName, name string, r io.Reader, o *UploadOptions) error {
	if o == nil {
		o = new(UploadOptions)
	}
	options := &blockblob.UploadStreamOptions{BlockSize: o.BlockSize, Concurrency: o.Parallel}
	if options.BlockSize == 0 {
		options.BlockSize = 4 << 20
	}
	if options.Concurrency == 0 {
		options.Concurrency = 4
	}
	if !o.Overwrite {
		options.AccessConditions = absent()
	}
	client := s.client.ServiceClient().NewContainerClient(containerName).NewBlockBlobClient(name)
	_, err := client.UploadStream(withProgress(ctx, o.Progress), r, options)
	if err != nil {
		discard(ctx, client)
	}
	return s.wrap(err)
}

// discard throws away the pieces of a blob that never was. Storage would keep them for a
// week. A list of no pieces makes an empty blob, only if there is none yet, and
// that is deleted. It is an attempt: the reason that the upload failed for may
// be in the way.
func discard(ctx context.Context, client *blockblob.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	pieces, err := client.GetBlockList(ctx, blockblob.BlockListTypeUncommitted, nil)
	if err != nil || len(pieces.UncommittedBlocks) == 0 {
		return
	}
	empty, err := client.CommitBlockList(ctx, nil, &blockblob.CommitBlockListOptions{AccessConditions: absent()})
	if err != nil {
		return
	}
	client.Delete(ctx, &blob.DeleteOptions{AccessConditions: &blob.AccessConditions{
		ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: empty.ETag},
	}})
}

// absent is the condition that there is no such blob.
func absent() *blob.AccessConditions {
	return &blob.AccessConditions{
		ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)},
	}
}

// progress counts the bytes of one upload.
type progress struct {
	mu    sync.Mutex
	bytes int64
	tell  func(int64)
}

func (p *progress) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += n
	p.tell(p.bytes)
}

type progressKey struct{}

func withProgress(ctx context.Context, tell func(int64)) context.Context {
	if tell == nil {
		return ctx
	}
	return context.WithValue(ctx, progressKey{}, &progress{tell: tell})
}

// progressPolicy counts a request's body once the store has accepted it. What has merely
// been read is no measure: on some platforms a body is gathered before it is sent, and a
// piece may have to be sent again.
type progressPolicy struct{}

func (progressPolicy) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	raw := req.Raw()
	if err == nil && resp.StatusCode == http.StatusCreated && raw.Method == http.MethodPut && raw.URL.Query().Get("comp") != "blocklist" {
		if p, ok := raw.Context().Value(progressKey{}).(*progress); ok {
			p.add(raw.ContentLength)
		}
	}
	return resp, err
}
