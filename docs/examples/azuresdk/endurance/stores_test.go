// SPDX-License-Identifier: MIT

package endurance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// gone reports whether the store says that there is nothing.
func gone(err error) bool {
	var re *azcore.ResponseError
	return errors.As(err, &re) && re.StatusCode == http.StatusNotFound
}

// blobStore is a container.
type blobStore struct {
	client *azblob.Client
	name   string
}

func (b blobStore) limit() int { return 100_000 }

func (b blobStore) put(ctx context.Context, key string, data []byte, random *rand.Rand) error {
	if random.IntN(4) > 0 {
		_, err := b.client.UploadBuffer(ctx, b.name, key, data, nil)
		return err
	}
	// In blocks, whose list is what makes the blob.
	_, err := b.client.UploadStream(ctx, b.name, key, bytes.NewReader(data),
		&azblob.UploadStreamOptions{BlockSize: int64(1 + len(data)/3), Concurrency: 2})
	return err
}

func (b blobStore) get(ctx context.Context, key string, random *rand.Rand) ([]byte, bool, error) {
	resp, err := b.client.DownloadStream(ctx, b.name, key, nil)
	if err != nil {
		if gone(err) {
			return nil, false, nil
		}
		return nil, false, err
	}
	body := resp.NewRetryReader(ctx, nil)
	defer body.Close()
	if random.IntN(4) > 0 || *resp.ContentLength < 2 {
		data, err := io.ReadAll(body)
		return data, true, err
	}
	// The rest is let go of, and comes by ranges.
	data := make([]byte, *resp.ContentLength)
	half := len(data) / 2
	if _, err := io.ReadFull(body, data[:half]); err != nil {
		return nil, false, err
	}
	n, err := b.client.DownloadBuffer(ctx, b.name, key, data[half:], &azblob.DownloadBufferOptions{
		Range: blob.HTTPRange{Offset: int64(half)}, BlockSize: int64(1 + half/2), Concurrency: 2})
	if err == nil && n != int64(len(data)-half) {
		err = lost{fmt.Sprintf("%d bytes of a range of %d", n, len(data)-half)}
	}
	return data, true, err
}

func (b blobStore) remove(ctx context.Context, key string) (bool, error) {
	_, err := b.client.DeleteBlob(ctx, b.name, key, nil)
	if gone(err) {
		return false, nil
	}
	return err == nil, err
}

// tableStore is a table.
type tableStore struct{ client *aztables.Client }

const partition = "all"

func (s tableStore) limit() int { return 20_000 }

func (s tableStore) put(ctx context.Context, key string, data []byte, random *rand.Rand) error {
	text, err := json.Marshal(aztables.EDMEntity{
		Entity:     aztables.Entity{PartitionKey: partition, RowKey: key},
		Properties: map[string]any{"Data": aztables.EDMBinary(data)},
	})
	if err != nil {
		return err
	}
	mode := aztables.UpdateModeReplace
	if random.IntN(2) == 0 {
		mode = aztables.UpdateModeMerge // of the only property: the same
	}
	_, err = s.client.UpsertEntity(ctx, text, &aztables.UpsertEntityOptions{UpdateMode: mode})
	return err
}

func (s tableStore) get(ctx context.Context, key string, _ *rand.Rand) ([]byte, bool, error) {
	got, err := s.client.GetEntity(ctx, partition, key, nil)
	if err != nil {
		if gone(err) {
			return nil, false, nil
		}
		return nil, false, err
	}
	var e aztables.EDMEntity
	if err := json.Unmarshal(got.Value, &e); err != nil {
		return nil, false, err
	}
	data, ok := e.Properties["Data"].(aztables.EDMBinary)
	if !ok {
		return nil, false, lost{fmt.Sprintf("entity %s has no data", key)}
	}
	return data, true, nil
}

func (s tableStore) remove(ctx context.Context, key string) (bool, error) {
	_, err := s.client.DeleteEntity(ctx, partition, key, nil)
	if gone(err) {
		return false, nil
	}
	return err == nil, err
}
