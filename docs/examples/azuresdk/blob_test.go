// SPDX-License-Identifier: MIT

package azuresdk

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const mebi = 1 << 20

// upload stores content by single request.
func upload(t *testing.T, client *azblob.Client, container, name string, content []byte) azcore.ETag {
	t.Helper()
	resp, err := client.UploadBuffer(t.Context(), container, name, content, nil)
	if err != nil {
		t.Fatalf("upload: %v", err)
	}
	return *resp.ETag
}

// download returns what a blob has, or count bytes of it from offset; 0 means all.
func download(t *testing.T, client *azblob.Client, container, name string, offset, count int64) []byte {
	t.Helper()
	resp, err := client.DownloadStream(t.Context(), container, name, &azblob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: offset, Count: count},
	})
	if err != nil {
		t.Fatalf("download: %v", err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("download: %v after %d bytes", err, len(b))
	}
	if err := resp.Body.Close(); err != nil {
		t.Errorf("closing a download: %v", err)
	}
	if int64(len(b)) != *resp.ContentLength {
		t.Errorf("%d bytes with a length of %d", len(b), *resp.ContentLength)
	}
	return b
}

func TestBlobStreams(t *testing.T) {
	client := blobClient(t, where.Blob, clientOptions())
	container := newContainer(t, client)
	content := randomBytes(5*mebi + 12345)
	// Hiding what the reader can do beside Read makes it a stream; it is sent in blocks.
	_, err := client.UploadStream(t.Context(), container, "streamed", struct{ io.Reader }{bytes.NewReader(content)},
		&azblob.UploadStreamOptions{BlockSize: mebi, Concurrency: 3})
	if err != nil {
		t.Fatalf("upload: %v", err)
	}
	if got := download(t, client, container, "streamed", 0, 0); !bytes.Equal(got, content) {
		t.Error("the blob is not what was sent")
	}
	// After the whole blob, a part of it: what a cache has must not stand in for it.
	for _, r := range []struct{ offset, count int64 }{{mebi, mebi}, {0, 1}, {5 * mebi, 12345}, {12345, 2 * mebi}} {
		if got := download(t, client, container, "streamed", r.offset, r.count); !bytes.Equal(got, content[r.offset:r.offset+r.count]) {
			t.Errorf("wrong bytes for %d bytes from %d: got %d bytes", r.count, r.offset, len(got))
		}
	}
	buffer := make([]byte, 2*mebi)
	n, err := client.DownloadBuffer(t.Context(), container, "streamed", buffer, &azblob.DownloadBufferOptions{
		Range: blob.HTTPRange{Offset: mebi, Count: 2 * mebi}, BlockSize: mebi / 2, Concurrency: 4,
	})
	if err != nil || n != 2*mebi || !bytes.Equal(buffer, content[mebi:3*mebi]) {
		t.Errorf("in parallel: %d bytes, error %v, or wrong bytes", n, err)
	}
	_, err = client.DownloadStream(t.Context(), container, "streamed", &azblob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: int64(len(content)) + 1},
	})
	wantResponseError(t, err, http.StatusRequestedRangeNotSatisfiable, string(bloberror.InvalidRange))
}

func TestBlobProperties(t *testing.T) {
	ctx, client := t.Context(), blobClient(t, where.Blob, clientOptions())
	name := newContainer(t, client)
	content := []byte(text)
	_, err := client.UploadBuffer(ctx, name, "folder/with space & plus+.txt", content, &azblob.UploadBufferOptions{
		HTTPHeaders: &blob.HTTPHeaders{
			BlobContentType:     to.Ptr("text/plain; charset=utf-8"),
			BlobContentLanguage: to.Ptr("fr"),
			BlobCacheControl:    to.Ptr("max-age=3600"),
		},
		Metadata: map[string]*string{"author": to.Ptr("somebody")},
		Tags:     map[string]string{"project": "iso"},
	})
	if err != nil {
		t.Fatalf("upload: %v", err)
	}
	b := client.ServiceClient().NewContainerClient(name).NewBlobClient("folder/with space & plus+.txt")
	p, err := b.GetProperties(ctx, nil)
	if err != nil {
		t.Fatalf("properties: %v", err)
	}
	if *p.ContentLength != int64(len(content)) || *p.ContentType != "text/plain; charset=utf-8" || *p.ContentLanguage != "fr" ||
		*p.CacheControl != "max-age=3600" || p.ETag == nil || p.LastModified == nil || p.RequestID == nil {
		t.Errorf("properties are %+v", p)
	}
	if got := metadata(p.Metadata); !maps.Equal(got, map[string]string{"author": "somebody"}) {
		t.Errorf("metadata is %v", got)
	}

	if _, err := b.SetMetadata(ctx, map[string]*string{"author": to.Ptr("another"), "year": to.Ptr("1984")}, nil); err != nil {
		t.Fatalf("metadata: %v", err)
	}
	if p, err = b.GetProperties(ctx, nil); err != nil {
		t.Fatalf("properties: %v", err)
	}
	if got := metadata(p.Metadata); !maps.Equal(got, map[string]string{"author": "another", "year": "1984"}) {
		t.Errorf("metadata is %v after the change", got)
	}

	want := map[string]string{"project": "iso", "state": "new one"}
	if _, err := b.SetTags(ctx, want, nil); err != nil {
		t.Fatalf("tags: %v", err)
	}
	tags, err := b.GetTags(ctx, nil)
	if err != nil {
		t.Fatalf("tags: %v", err)
	}
	got := make(map[string]string)
	for _, tag := range tags.BlobTagSet {
		got[*tag.Key] = *tag.Value
	}
	if !maps.Equal(got, want) {
		t.Errorf("tags are %v, want %v", got, want)
	}
	if got := download(t, client, name, "folder/with space & plus+.txt", 0, 0); !bytes.Equal(got, content) {
		t.Errorf("content is %q", got)
	}
}

// metadata is m by lower-case names: the client makes names of headers, which have no case.
func metadata(m map[string]*string) map[string]string {
	out := make(map[string]string)
	for name, value := range m {
		out[strings.ToLower(name)] = *value
	}
	return out
}

func TestBlobConditions(t *testing.T) {
	ctx, client := t.Context(), blobClient(t, where.Blob, clientOptions())
	name := newContainer(t, client)
	old := upload(t, client, name, "b", []byte("old"))
	conditions := func(c blob.ModifiedAccessConditions) *blob.AccessConditions {
		return &blob.AccessConditions{ModifiedAccessConditions: &c}
	}

	// Only if there is none.
	_, err := client.UploadBuffer(ctx, name, "b", []byte("other"), &azblob.UploadBufferOptions{
		AccessConditions: conditions(blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)})})
	wantResponseError(t, err, http.StatusConflict, string(bloberror.BlobAlreadyExists))

	current, err := client.UploadBuffer(ctx, name, "b", []byte("new"), &azblob.UploadBufferOptions{
		AccessConditions: conditions(blob.ModifiedAccessConditions{IfMatch: &old})})
	if err != nil {
		t.Fatalf("upload over the right ETag: %v", err)
	}
	_, err = client.UploadBuffer(ctx, name, "b", []byte("late"), &azblob.UploadBufferOptions{
		AccessConditions: conditions(blob.ModifiedAccessConditions{IfMatch: &old})})
	wantResponseError(t, err, http.StatusPreconditionFailed, string(bloberror.ConditionNotMet))
	_, err = client.DownloadStream(ctx, name, "b", &azblob.DownloadStreamOptions{
		AccessConditions: conditions(blob.ModifiedAccessConditions{IfMatch: &old})})
	wantResponseError(t, err, http.StatusPreconditionFailed, string(bloberror.ConditionNotMet))

	b := client.ServiceClient().NewContainerClient(name).NewBlobClient("b")
	for what, c := range map[string]blob.ModifiedAccessConditions{
		"ETag": {IfNoneMatch: current.ETag},
		"time": {IfModifiedSince: current.LastModified},
	} {
		// A HEAD has no body that could say why.
		_, err = b.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: conditions(c)})
		if !bloberror.HasCode(err, bloberror.ConditionNotMet) {
			t.Errorf("properties unless unchanged, by %s: got %v", what, err)
		}
	}
	if got := download(t, client, name, "b", 0, 0); string(got) != "new" {
		t.Errorf("the blob is %q", got)
	}
}

func TestBlobList(t *testing.T) {
	ctx, client := t.Context(), blobClient(t, where.Blob, clientOptions())
	name := newContainer(t, client)
	all := []string{"a/1", "a/2", "b/ü", "b/世界", "top"}
	for _, blob := range all {
		upload(t, client, name, blob, []byte(blob))
	}
	var got []string
	pages := 0
	for pager := client.NewListBlobsFlatPager(name, &azblob.ListBlobsFlatOptions{MaxResults: to.Ptr(int32(2))}); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		pages++
		for _, item := range page.Segment.BlobItems {
			got = append(got, *item.Name)
			if *item.Properties.ContentLength != int64(len(*item.Name)) {
				t.Errorf("%s has length %d", *item.Name, *item.Properties.ContentLength)
			}
		}
	}
	if !slices.Equal(got, all) || pages != 3 {
		t.Errorf("got %q in %d pages, want %q in 3", got, pages, all)
	}

	var folders, files []string
	pager := client.ServiceClient().NewContainerClient(name).NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatalf("list folders: %v", err)
		}
		for _, prefix := range page.Segment.BlobPrefixes {
			folders = append(folders, *prefix.Name)
		}
		for _, item := range page.Segment.BlobItems {
			files = append(files, *item.Name)
		}
	}
	if !slices.Equal(folders, []string{"a/", "b/"}) || !slices.Equal(files, []string{"top"}) {
		t.Errorf("got folders %q and blobs %q", folders, files)
	}

	if _, err := client.DeleteBlob(ctx, name, "b/世界", nil); err != nil {
		t.Errorf("delete: %v", err)
	}
	_, err := client.DeleteBlob(ctx, name, "b/世界", nil)
	wantResponseError(t, err, http.StatusNotFound, string(bloberror.BlobNotFound))
}
