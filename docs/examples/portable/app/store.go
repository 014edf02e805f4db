// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Account says which storage account to use and how to prove it, in one of three ways: a
// connection string, a URL with a shared access signature for the whole account, or a
// name with its key.
type Account struct {
	ConnectionString string
	SASURL           string

	Name     string
	Key      string
	Endpoint string // with Name; empty is the account's public endpoint
}

// mark is the metadata of containers that CreateContainer made: only those does
// DeleteContainer delete.
const mark = "isohttp"

// Store is a client for the blobs of a storage account. It is safe for concurrent use.
type Store struct {
	client *azblob.Client
	host   string
}

// NewStore returns a client for an account. An http endpoint has to be on this machine.
func NewStore(a Account, o *policy.ClientOptions) (*Store, error) {
	options := new(azblob.ClientOptions)
	if o != nil {
		options.ClientOptions = *o
	}
	if options.Retry.RetryDelay == 0 {
		options.Retry.RetryDelay = 300 * time.Millisecond
	}
	options.PerCallPolicies = append(options.PerCallPolicies[:len(options.PerCallPolicies):len(options.PerCallPolicies)], progressPolicy{})
	client, err := a.client(options)
	if err != nil {
		return nil, err
	}
	u, _, err := parseEndpoint(client.URL())
	if err != nil {
		return nil, err
	}
	return &Store{client, hostPort(u)}, nil
}

// client makes the SDK's client. Its errors never quote a key or a signature.
func (a Account) client(o *azblob.ClientOptions) (*azblob.Client, error) {
	switch {
	case a.ConnectionString != "":
		client, err := azblob.NewClientFromConnectionString(a.ConnectionString, o)
		if err != nil {
			return nil, errors.New("the connection string is not one of a storage account")
		}
		return client, nil
	case a.SASURL != "":
		u, _, err := parseEndpoint(a.SASURL)
		if err != nil {
			return nil, err
		}
		if !u.Query().Has("sig") {
			return nil, errors.New("the SAS URL has no signature in it")
		}
		return azblob.NewClientWithNoCredential(u.String(), o)
	}
	endpoint := a.Endpoint
	if endpoint == "" {
		if a.Name == "" || strings.Trim(a.Name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return nil, errors.New("the account's name is not one of lower case letters and digits")
		}
		endpoint = (&url.URL{Scheme: "https", Host: a.Name + ".blob.core.windows.net"}).String()
	}
	if _, _, err := parseEndpoint(endpoint); err != nil {
		return nil, err
	}
	cred, err := azblob.NewSharedKeyCredential(a.Name, a.Key)
	if err != nil {
		return nil, errors.New("the account's key is not base64")
	}
	return azblob.NewClientWithSharedKeyCredential(endpoint, cred, o)
}

// wrap adds the host to the error of a call.
func (s *Store) wrap(err error) error {
	if err == nil {
		return nil
	}
	return &callError{s.host, err}
}

// CreateContainer creates a container. It fails when there is one of that name.
func (s *Store) CreateContainer(ctx context.Context, name string) error {
	_, err := s.client.CreateContainer(ctx, name, &container.CreateOptions{
		Metadata: map[string]*string{mark: to.Ptr("portable")},
	})
	return s.wrap(err)
}

// DeleteContainer deletes a container with all that is in it, if CreateContainer made it;
// others it leaves alone. It reports whether it deleted.
func (s *Store) DeleteContainer(ctx context.Context, name string) (bool, error) {
	c := s.client.ServiceClient().NewContainerClient(name)
	props, err := c.GetProperties(ctx, nil)
	if err != nil {
		return false, s.wrap(err)
	}
	ours := false
	for key := range props.Metadata { // platforms differ in the case of the names
		ours = ours || strings.EqualFold(key, mark)
	}
	if !ours {
		return false, nil
	}
	_, err = c.Delete(ctx, nil)
	return err == nil, s.wrap(err)
}

// Blob is what a store knows about a blob.
type Blob struct {
	Name     string
	Size     int64
	Type     string // "BlockBlob"
	ETag     azcore.ETag
	Modified time.Time
}

// List returns the blobs of a container.
func (s *Store) List(ctx context.Context, containerName string) ([]Blob, error) {
	var blobs []Blob
	for pager := s.client.NewListBlobsFlatPager(containerName, nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, s.wrap(err)
		}
		for _, item := range page.Segment.BlobItems {
			b := Blob{Name: value(item.Name)}
			if p := item.Properties; p != nil {
				b.Size, b.Type = value(p.ContentLength), string(value(p.BlobType))
				b.ETag, b.Modified = value(p.ETag), value(p.LastModified)
			}
			blobs = append(blobs, b)
		}
	}
	return blobs, nil
}

// Properties returns what the store knows about one blob.
func (s *Store) Properties(ctx context.Context, containerName, name string) (Blob, error) {
	p, err := s.blob(containerName, name).GetProperties(ctx, nil)
	if err != nil {
		return Blob{}, s.wrap(err)
	}
	return Blob{name, value(p.ContentLength), string(value(p.BlobType)), value(p.ETag), value(p.LastModified)}, nil
}

// Delete deletes a blob.
func (s *Store) Delete(ctx context.Context, containerName, name string) error {
	_, err := s.blob(containerName, name).Delete(ctx, nil)
	return s.wrap(err)
}

func (s *Store) blob(containerName, name string) *blob.Client {
	return s.client.ServiceClient().NewContainerClient(containerName).NewBlobClient(name)
}

// IsNotFound reports whether err says that a blob or its container is not there.
func IsNotFound(err error) bool {
	return bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ContainerNotFound, bloberror.ResourceNotFound)
}

// value is what p points to, or the zero value: the SDK's fields are all optional.
func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
