// SPDX-License-Identifier: MIT

package app

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const testStorageKey = "c3RvcmFnZS1rZXktb2YtdGhlLXRlc3Rz"

// fakeStore keeps blobs in memory and answers as the storage service does, as far as the
// app asks. The demo talks to a real one.
type fakeStore struct {
	mu         sync.Mutex
	containers map[string]*fakeContainer
	calls      []string // method, container or blob, and comp
	auth       []string // Authorization of each call
	etag       int

	// before, when set, is called with each request, and may answer it.
	before func(f *fakeStore, req *http.Request) *http.Response
}

type fakeContainer struct {
	metadata http.Header
	blobs    map[string]*fakeBlob
	staged   map[string]map[string][]byte // blocks that are not committed, by blob and id
}

type fakeBlob struct {
	content []byte
	etag    string
}

func newFakeStore() *fakeStore { return &fakeStore{containers: make(map[string]*fakeContainer)} }

func (f *fakeStore) Do(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	containerName, blobName, _ := strings.Cut(strings.Trim(req.URL.Path, "/"), "/")
	q := req.URL.Query()
	call := req.Method + " " + containerName
	if blobName != "" {
		call = req.Method + " " + blobName
	}
	if comp := q.Get("comp"); comp != "" {
		call += " " + comp
	}
	f.calls = append(f.calls, call)
	f.auth = append(f.auth, req.Header.Get("Authorization"))
	if f.before != nil {
		if resp := f.before(f, req); resp != nil {
			return resp, nil
		}
	}
	c := f.containers[containerName]
	if blobName != "" {
		if c == nil {
			return storageError(req, 404, "ContainerNotFound"), nil
		}
		return f.blob(req, c, blobName, q.Get("comp"), q.Get("blockid"), body), nil
	}
	return f.container(req, c, containerName, q.Get("comp")), nil
}

func (f *fakeStore) container(req *http.Request, c *fakeContainer, name, comp string) *http.Response {
	switch {
	case req.Method == http.MethodPut && c != nil:
		return storageError(req, 409, "ContainerAlreadyExists")
	case req.Method == http.MethodPut:
		metadata := make(http.Header)
		for key, values := range req.Header {
			if strings.HasPrefix(strings.ToLower(key), "x-ms-meta-") {
				metadata[http.CanonicalHeaderKey(key)] = values
			}
		}
		f.containers[name] = &fakeContainer{metadata, make(map[string]*fakeBlob), make(map[string]map[string][]byte)}
		return respond(req, 201, nil, nil)
	case c == nil:
		return storageError(req, 404, "ContainerNotFound")
	case req.Method == http.MethodDelete:
		delete(f.containers, name)
		return respond(req, 202, nil, nil)
	case comp == "list":
		var list strings.Builder
		for name, b := range c.blobs {
			fmt.Fprintf(&list, "<Blob><Name>%s</Name><Properties><Content-Length>%d</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>",
				name, len(b.content))
		}
		return respond(req, 200, xmlType(), fmt.Appendf(nil, "<EnumerationResults><Blobs>%s</Blobs><NextMarker/></EnumerationResults>", &list))
	}
	return respond(req, 200, c.metadata.Clone(), nil)
}

func (f *fakeStore) blob(req *http.Request, c *fakeContainer, name, comp, id string, body []byte) *http.Response {
	b := c.blobs[name]
	if req.Header.Get("If-None-Match") == "*" && b != nil {
		return storageError(req, 409, "BlobAlreadyExists")
	}
	switch {
	case req.Method == http.MethodPut && comp == "block":
		if c.staged[name] == nil {
			c.staged[name] = make(map[string][]byte)
		}
		c.staged[name][id] = body
		return respond(req, 201, nil, nil)
	case req.Method == http.MethodPut && comp == "blocklist":
		var list struct{ Latest []string }
		if err := xml.Unmarshal(body, &list); err != nil {
			return storageError(req, 400, "InvalidXmlDocument")
		}
		var content []byte
		for _, id := range list.Latest {
			content = append(content, c.staged[name][id]...)
		}
		return f.store(req, c, name, content)
	case req.Method == http.MethodPut:
		return f.store(req, c, name, body)
	case comp == "blocklist":
		var list strings.Builder
		for id, block := range c.staged[name] {
			fmt.Fprintf(&list, "<Block><Name>%s</Name><Size>%d</Size></Block>", id, len(block))
		}
		return respond(req, 200, xmlType(), fmt.Appendf(nil, "<BlockList><UncommittedBlocks>%s</UncommittedBlocks></BlockList>", &list))
	case b == nil:
		return storageError(req, 404, "BlobNotFound")
	case req.Header.Get("If-Match") != "" && req.Header.Get("If-Match") != b.etag:
		return storageError(req, 412, "ConditionNotMet")
	case req.Method == http.MethodDelete:
		delete(c.blobs, name)
		return respond(req, 202, nil, nil)
	}
	return read(req, b)
}

func (f *fakeStore) store(req *http.Request, c *fakeContainer, name string, content []byte) *http.Response {
	f.etag++
	b := &fakeBlob{content, strconv.Quote(strconv.Itoa(f.etag))}
	c.blobs[name] = b
	delete(c.staged, name)
	return respond(req, 201, http.Header{"Etag": {b.etag}}, nil)
}

// read answers a GET or HEAD of a blob.
func read(req *http.Request, b *fakeBlob) *http.Response {
	status, content := 200, b.content
	var from, to int
	if n, _ := fmt.Sscanf(headerOf(req, "x-ms-range"), "bytes=%d-%d", &from, &to); n > 0 {
		if n == 1 {
			to = len(content) - 1
		}
		status, content = 206, content[from:min(to+1, len(content))]
	}
	return respond(req, status, http.Header{
		"Content-Length": {strconv.Itoa(len(content))},
		"Etag":           {b.etag},
		"X-Ms-Blob-Type": {"BlockBlob"},
	}, content)
}

// headerOf looks a header up whatever its case: the SDK writes some as they are.
func headerOf(req *http.Request, name string) string {
	for key, values := range req.Header {
		if strings.EqualFold(key, name) {
			return values[0]
		}
	}
	return ""
}

func xmlType() http.Header { return http.Header{"Content-Type": {"application/xml"}} }

func storageError(req *http.Request, status int, code string) *http.Response {
	h := xmlType()
	h.Set("x-ms-error-code", code)
	return respond(req, status, h, fmt.Appendf(nil,
		"\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s</Code><Message>It is %s.\nRequestId:1\nTime:2</Message></Error>", code, code))
}

// empty fails the test when the store has anything left.
func (f *fakeStore) empty(t *testing.T) {
	t.Helper()
	for name, c := range f.containers {
		t.Errorf("container %s was left behind with %d blobs and blocks of %d", name, len(c.blobs), len(c.staged))
	}
}

// count returns how many calls there were that begin with prefix.
func (f *fakeStore) count(prefix string) int {
	n := 0
	for _, call := range f.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

// sequence returns the calls without those that stage a block.
func (f *fakeStore) sequence() []string {
	return slices.DeleteFunc(slices.Clone(f.calls), func(call string) bool { return strings.HasSuffix(call, " block") })
}

// open returns a Store over f.
func (f *fakeStore) open(t *testing.T) *Store {
	t.Helper()
	s, err := NewStore(Account{Name: "account", Key: testStorageKey}, clientOptions(f.Do))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
