// SPDX-License-Identifier: MIT

package azuresdk

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

func TestContainerExists(t *testing.T) {
	client := blobClient(t, where.Blob, clientOptions())
	name := newContainer(t, client)
	_, err := client.CreateContainer(t.Context(), name, nil)
	if !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		t.Errorf("got %v, want ContainerAlreadyExists", err)
	}
	wantResponseError(t, err, http.StatusConflict, string(bloberror.ContainerAlreadyExists))
}

// TestDownloadCut reads blobs whose first download is cut in the middle by a proxy. The
// client's reader then asks for the rest, if it is told that the body was not whole, on the
// condition that the blob is still the same.
func TestDownloadCut(t *testing.T) {
	direct := blobClient(t, where.Blob, clientOptions())
	cut := blobClient(t, where.CutBlob, quickRetries())
	for _, test := range []struct {
		name   string
		during func(t *testing.T, container string) error // when the first part has been read
		status int                                        // 0 for success
		code   bloberror.Code
	}{
		{"the blob stays", func(*testing.T, string) error { return nil }, 0, ""},
		{"the blob vanishes", func(t *testing.T, container string) error {
			_, err := direct.DeleteBlob(t.Context(), container, "b", nil)
			return err
		}, http.StatusPreconditionFailed, bloberror.ConditionNotMet},
		{"the blob is another", func(t *testing.T, container string) error {
			_, err := direct.UploadBuffer(t.Context(), container, "b", randomBytes(2*mebi), nil)
			return err
		}, http.StatusPreconditionFailed, bloberror.ConditionNotMet},
	} {
		t.Run(test.name, func(t *testing.T) {
			container := newContainer(t, direct)
			content := randomBytes(2 * mebi)
			upload(t, direct, container, "b", content)
			resp, err := cut.DownloadStream(t.Context(), container, "b", nil)
			if err != nil {
				t.Fatalf("download: %v", err)
			}
			var cuts []error
			body := resp.NewRetryReader(t.Context(), &blob.RetryReaderOptions{
				OnFailedRead: func(_ int32, err error, _ blob.HTTPRange, retried bool) {
					cuts = append(cuts, err)
					if !retried {
						t.Errorf("the client gives up after %v", err)
					}
					if err := test.during(t, container); err != nil {
						t.Errorf("changing the blob: %v", err)
					}
				},
			})
			got, err := io.ReadAll(body)
			body.Close()
			if len(cuts) != 1 || !errors.Is(cuts[0], io.ErrUnexpectedEOF) {
				t.Errorf("the client's reader saw %v, want one io.ErrUnexpectedEOF", cuts)
			}
			if test.status == 0 {
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("got %d bytes and error %v, want the blob", len(got), err)
				}
				return
			}
			wantResponseError(t, err, test.status, string(test.code))
			if len(got) > mebi || !bytes.HasPrefix(content, got) {
				t.Errorf("got %d bytes, want a part of the first half", len(got))
			}
		})
	}
}

// TestBlobVanishes deletes a blob while it is being read in parts. Without a size the
// client learns it with the first part, and asks for the others on the condition that the
// blob is the same.
func TestBlobVanishes(t *testing.T) {
	client := blobClient(t, where.Blob, clientOptions())
	for _, test := range []struct {
		name   string
		count  int64
		status int
		code   bloberror.Code
	}{
		{"of known size", 3 * mebi, http.StatusNotFound, bloberror.BlobNotFound},
		{"of unknown size", 0, http.StatusPreconditionFailed, bloberror.ConditionNotMet},
	} {
		t.Run(test.name, func(t *testing.T) {
			container := newContainer(t, client)
			content := randomBytes(3 * mebi)
			upload(t, client, container, "b", content)
			deleted := false
			_, err := client.DownloadBuffer(t.Context(), container, "b", make([]byte, len(content)), &azblob.DownloadBufferOptions{
				Range: blob.HTTPRange{Count: test.count}, BlockSize: mebi, Concurrency: 1,
				Progress: func(n int64) {
					if n < mebi || deleted {
						return
					}
					deleted = true
					if _, err := client.DeleteBlob(t.Context(), container, "b", nil); err != nil {
						t.Errorf("delete: %v", err)
					}
				},
			})
			if !deleted {
				t.Error("the blob was not deleted")
			}
			wantResponseError(t, err, test.status, string(test.code))
		})
	}
}

var errReader = errors.New("the disk is gone")

// failing is content that cannot be read to its end.
type failing struct {
	*bytes.Reader
	good int64 // bytes that can be read
}

func (f *failing) Read(p []byte) (int, error) {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	if at >= f.good {
		return 0, errReader
	}
	return f.Reader.Read(p[:min(int64(len(p)), f.good-at)])
}

func (f *failing) Close() error { return nil }

// TestUploadReaderFails uploads from readers that fail in the middle: nothing of it may be
// there afterwards, and what was there before must be as it was.
func TestUploadReaderFails(t *testing.T) {
	client := blobClient(t, where.Blob, quickRetries())
	container := newContainer(t, client)
	old := []byte("old content")
	upload(t, client, container, "old", old)
	newReader := func() *failing { return &failing{bytes.NewReader(randomBytes(5 * mebi)), 3*mebi + 7} }
	for _, test := range []struct {
		name   string
		upload func(blob string) error
	}{
		{"in blocks", func(blob string) error {
			_, err := client.UploadStream(t.Context(), container, blob, struct{ io.Reader }{newReader()},
				&azblob.UploadStreamOptions{BlockSize: mebi, Concurrency: 2})
			return err
		}},
		{"as a whole", func(blob string) error {
			b := client.ServiceClient().NewContainerClient(container).NewBlockBlobClient(blob)
			_, err := b.Upload(t.Context(), newReader(), nil)
			return err
		}},
		{"as a whole, smaller than a packet", func(blob string) error {
			b := client.ServiceClient().NewContainerClient(container).NewBlockBlobClient(blob)
			_, err := b.Upload(t.Context(), &failing{bytes.NewReader(randomBytes(100)), 99}, nil)
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, blob := range []string{"new", "old"} {
				if err := test.upload(blob); !errors.Is(err, errReader) {
					t.Errorf("%s: got %v, want the reader's error", blob, err)
				}
			}
			_, err := client.ServiceClient().NewContainerClient(container).NewBlobClient("new").GetProperties(t.Context(), nil)
			if !bloberror.HasCode(err, bloberror.BlobNotFound) {
				t.Errorf("after an upload that failed, the blob's properties: %v, want BlobNotFound", err)
			}
			if got := download(t, client, container, "old", 0, 0); !bytes.Equal(got, old) {
				t.Errorf("the blob of before now has %d bytes", len(got))
			}
		})
	}
}
