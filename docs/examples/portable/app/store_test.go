// SPDX-License-Identifier: MIT

package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// TestSeed holds the stream to itself: parts of it, read apart, are parts of the whole.
func TestSeed(t *testing.T) {
	seed := NewSeed()
	again, err := ParseSeed(seed.String())
	if err != nil || again != seed || seed == NewSeed() {
		t.Fatalf("%s became %s, %v", seed, again, err)
	}
	content, err := io.ReadAll(again.Reader(10000))
	if err != nil || len(content) != 10000 {
		t.Fatalf("%d bytes, %v", len(content), err)
	}
	for _, part := range [][2]int64{{0, 10000}, {3333, 3334}, {9999, 1}, {5, 0}} {
		got, err := seed.Sum(part[0], part[1])
		if want := sum(content[part[0] : part[0]+part[1]]); err != nil || got != want {
			t.Errorf("Sum(%d, %d) = %s, %v; want %s", part[0], part[1], got, err, want)
		}
	}
}

// TestUploadReaderFails protects both halves: the reader's own error, and no trace.
func TestUploadReaderFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, c := range []struct {
		name   string
		before string // what the store has under the name already
		size   int64  // read before the failure
	}{
		{"at once", "", 0},
		{"in the first block", "", 1 << 19},
		{"midway", "", 3<<20 + 5},
		{"over a blob", "older", 3 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeStore()
			s := f.open(t)
			if err := s.CreateContainer(t.Context(), "c"); err != nil {
				t.Fatal(err)
			}
			if c.before != "" {
				if err := s.Upload(t.Context(), "c", "b", strings.NewReader(c.before), nil); err != nil {
					t.Fatal(err)
				}
			}
			r := io.MultiReader(NewSeed().Reader(c.size), iotest.ErrReader(broken))
			err := s.Upload(t.Context(), "c", "b", r, &UploadOptions{BlockSize: 1 << 20, Parallel: 2})
			if !errors.Is(err, broken) || Explain(err) != broken.Error() {
				t.Errorf("error %v, want the reader's", err)
			}
			got := f.containers["c"].blobs["b"]
			switch {
			case c.before == "" && (got != nil || len(f.containers["c"].staged["b"]) > 0):
				t.Errorf("left behind: blob %v and %d blocks", got != nil, len(f.containers["c"].staged["b"]))
			case c.before != "" && (got == nil || string(got.content) != c.before):
				t.Error("the older blob has changed")
			}
		})
	}
}

// TestUploadCanceled protects that what was staged goes although the context has ended.
func TestUploadCanceled(t *testing.T) {
	f := newFakeStore()
	s := f.open(t)
	if err := s.CreateContainer(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Upload(ctx, "c", "b", NewSeed().Reader(4<<20), &UploadOptions{
		BlockSize: 1 << 20, Parallel: 1,
		Progress: func(bytes int64) {
			if bytes == 2<<20 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) || Explain(err) != "canceled" {
		t.Errorf("error %v, want the context's", err)
	}
	if c := f.containers["c"]; c.blobs["b"] != nil || len(c.staged["b"]) > 0 || f.count("PUT b block") < 2 {
		t.Errorf("left behind after %q: blob %v, %d blocks", f.calls, c.blobs["b"] != nil, len(c.staged["b"]))
	}
}

func TestOverwrite(t *testing.T) {
	f := newFakeStore()
	s := f.open(t)
	if err := s.CreateContainer(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	put := func(content string, overwrite bool) error {
		return s.Upload(t.Context(), "c", "b", strings.NewReader(content), &UploadOptions{Overwrite: overwrite})
	}
	if err := put("one", false); err != nil {
		t.Fatal(err)
	}
	if err := put("two", false); !bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
		t.Errorf("error %v, want BlobAlreadyExists", err)
	}
	if err := put("three", true); err != nil || string(f.containers["c"].blobs["b"].content) != "three" {
		t.Errorf("%v, content %q", err, f.containers["c"].blobs["b"].content)
	}
}

// TestProgressCountsOnce protects the count of what the store has: a block that had to be
// sent again counts once, and the count never passes the size.
func TestProgressCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore()
		s := f.open(t)
		if err := s.CreateContainer(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
		failures := 0
		f.before = func(f *fakeStore, req *http.Request) *http.Response {
			if req.URL.Query().Get("comp") == "block" && failures < 2 {
				failures++
				return storageError(req, 503, "ServerBusy")
			}
			return nil
		}
		var counts []int64
		err := s.Upload(t.Context(), "c", "b", NewSeed().Reader(2<<20+1), &UploadOptions{BlockSize: 1 << 20, Parallel: 1,
			Progress: func(bytes int64) { counts = append(counts, bytes) }})
		if err != nil || failures != 2 || len(counts) != 3 || counts[2] != 2<<20+1 {
			t.Errorf("%v, %d failures, counts %d", err, failures, counts)
		}
	})
}

// brokenBody ends with an unexpected EOF, as a lost connection does.
type brokenBody struct {
	io.Reader
	gone func()
}

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.gone()
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (brokenBody) Close() error { return nil }

// TestDownloadBroken breaks a download off in the middle, and has something happen to the
// blob before it is taken up again.
func TestDownloadBroken(t *testing.T) {
	content, err := io.ReadAll(NewSeed().Reader(1000))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		happen func(*fakeContainer)
		code   bloberror.Code // of the error; none when the download succeeds
	}{
		{"nothing", func(*fakeContainer) {}, ""},
		{"deleted", func(c *fakeContainer) { delete(c.blobs, "b") }, bloberror.BlobNotFound},
		{"replaced", func(c *fakeContainer) { c.blobs["b"] = &fakeBlob{content, `"other"`} }, bloberror.ConditionNotMet},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFakeStore()
			f.containers["c"] = &fakeContainer{nil, map[string]*fakeBlob{"b": {content, `"1"`}}, nil}
			first := true
			s, err := NewStore(Account{Name: "account", Key: testStorageKey}, clientOptions(func(req *http.Request) (*http.Response, error) {
				resp, err := f.Do(req)
				if err == nil && first {
					first = false
					resp.Body = brokenBody{bytes.NewReader(content[:400]), func() { c.happen(f.containers["c"]) }}
				}
				return resp, err
			}))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			var last int64
			n, err := s.Download(t.Context(), "c", "b", 0, 0, &got, func(bytes int64) { last = bytes })
			if c.code == "" {
				if err != nil || n != 1000 || last != 1000 || !bytes.Equal(got.Bytes(), content) {
					t.Errorf("%d bytes, %v; progress %d", n, err, last)
				}
				return
			}
			if !bloberror.HasCode(err, c.code) || n != 400 || IsNotFound(err) != (c.code == bloberror.BlobNotFound) {
				t.Errorf("%d bytes, %v; want %s", n, err, c.code)
			}
		})
	}
}

func TestDownloadRange(t *testing.T) {
	f := newFakeStore()
	f.containers["c"] = &fakeContainer{nil, map[string]*fakeBlob{"b": {[]byte("0123456789"), `"1"`}}, nil}
	s := f.open(t)
	for _, c := range []struct {
		offset, count int64
		want          string
	}{{0, 0, "0123456789"}, {3, 4, "3456"}, {3, 0, "3456789"}, {8, 5, "89"}} {
		var got bytes.Buffer
		if n, err := s.Download(t.Context(), "c", "b", c.offset, c.count, &got, nil); err != nil || got.String() != c.want || n != int64(len(c.want)) {
			t.Errorf("Download(%d, %d) = %q, %d, %v; want %q", c.offset, c.count, &got, n, err, c.want)
		}
	}
	// A cache between that answers with the whole blob must not pass for the range.
	f.before = func(f *fakeStore, req *http.Request) *http.Response {
		return respond(req, 200, http.Header{"Content-Length": {"10"}, "Etag": {`"1"`}}, []byte("0123456789"))
	}
	if n, err := s.Download(t.Context(), "c", "b", 3, 4, io.Discard, nil); err == nil {
		t.Errorf("%d bytes and no error for a range of 4", n)
	}
}
