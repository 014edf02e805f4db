// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// retries is how often a download goes on from where it broke off.
const retries = 3

// Download writes count bytes of a blob from offset on to w, up to the end of the blob for
// a count of 0, and returns how many it wrote. It tells progress, if not nil, how many
// those are so far. A broken connection is taken up again; a blob that has been
// changed or deleted meanwhile is an error, never a mixture.
func (s *Store) Download(ctx context.Context, containerName, name string, offset, count int64, w io.Writer, progress func(bytes int64)) (int64, error) {
	resp, err := s.blob(containerName, name).DownloadStream(ctx, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: offset, Count: count},
	})
	if err != nil {
		return 0, s.wrap(err)
	}
	body := resp.NewRetryReader(ctx, &blob.RetryReaderOptions{MaxRetries: retries})
	defer body.Close()
	var r io.Reader = body
	if progress != nil {
		r = &countingReader{r: body, tell: progress}
	}
	n, err := io.Copy(w, r)
	if err != nil {
		return n, s.wrap(err)
	}
	if want := value(resp.ContentLength); want >= 0 && n != want || count > 0 && n > count {
		return n, s.wrap(fmt.Errorf("the answer has %d bytes and not %d", n, want))
	}
	return n, nil
}

// countingReader tells how much has been read.
type countingReader struct {
	r    io.Reader
	n    int64
	tell func(int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if n > 0 {
		c.tell(c.n)
	}
	return n, err
}
