// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/transport/azure"
)

// store is the store without the page.
func store(t *testing.T) *azblob.Client {
	t.Helper()
	client, err := local.NativeClient(here.storage)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newContainer creates a container with a name of its own.
func newContainer(t *testing.T) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text())
	if _, err := store(t).CreateContainer(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	return name
}

// newFile writes a file of random content and returns its path and its SHA-256.
func newFile(t *testing.T, name string, size int) (path, sum string) {
	t.Helper()
	content := make([]byte, size)
	rand.Read(content)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path, hash(content)
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// stored returns the SHA-256 of a blob as the store has it.
func stored(t *testing.T, container, name string) string {
	t.Helper()
	resp, err := store(t).DownloadStream(t.Context(), container, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return hash(content)
}

// blobs returns the names of all blobs, also of those that are only begun.
func blobs(t *testing.T, name string) []string {
	t.Helper()
	var names []string
	pager := store(t).NewListBlobsFlatPager(name, &container.ListBlobsFlatOptions{
		Include: container.ListBlobsInclude{UncommittedBlobs: true},
	})
	for pager.More() {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names
}

// openContainer opens a container of the store on the page, at its own address or at a
// gate's.
func (tb *tab) openContainer(name, endpoint string) {
	tb.t.Helper()
	tb.fill("#storage-endpoint", endpoint)
	tb.fill("#storage-account", here.storage.Name)
	tb.fill("#storage-key", here.storage.Key)
	tb.fill("#container", name)
	tb.click("#open")
	tb.wait(`!document.getElementById("opened").hidden && document.getElementById("blobs-title").textContent.includes(` + quote(name) + `)`)
}

// transfer is a selector of the newest transfer of a file.
func transfer(verb, name string) string {
	return fmt.Sprintf(`.transfer:has(progress[aria-label="%s %s"])`, verb, name)
}

func (tb *tab) waitState(selector, state string) {
	tb.t.Helper()
	tb.wait(fmt.Sprintf("document.querySelector(%s)?.dataset.state === %s", quote(selector), quote(state)))
}

// hashOf is the hash that the page shows of a transfer.
func (tb *tab) hashOf(selector string) string {
	tb.t.Helper()
	return eval[string](tb, fmt.Sprintf("document.querySelector(%s).dataset.hash", quote(selector)))
}

// full reports whether a transfer's bar is at its end.
func (tb *tab) full(selector string) bool {
	tb.t.Helper()
	return eval[bool](tb, fmt.Sprintf(`(() => { const bar = document.querySelector(%s + " progress"); return bar.value === bar.max && bar.position === 1 })()`, quote(selector)))
}

func TestUploadListDownload(t *testing.T) {
	if lacking(t, true) {
		return
	}
	const name = "a photo é.bin"
	path, sum := newFile(t, name, 9<<20+123)
	box := newContainer(t)
	// The second half of a download comes only when the test has seen the bar in between.
	seen := make(chan struct{})
	g := newGate(t, here.storage, func(g *gate, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".bin") {
			w = &halfway{ResponseWriter: w, left: 5 << 20, seen: seen, request: r}
		}
		g.store.ServeHTTP(w, r)
	})
	tb := openPage(t)
	tb.openContainer(box, g.endpoint)
	tb.waitText("#storage-status", "The container is empty.")

	tb.choose(path)
	up := transfer("Upload", name)
	tb.waitState(up, "done")
	if !tb.full(up) || tb.hashOf(up) != sum {
		t.Errorf("the page sent %s, and the file is %s", tb.hashOf(up), sum)
	}
	if got := stored(t, box, name); got != sum {
		t.Errorf("the store has %s, and the file is %s", got, sum)
	}
	tb.waitText("#blobs", name)
	contains(t, tb.text("#blobs"), "9.0 MiB")
	tb.waitText("#storage-status", "1 blob")

	tb.click(`[aria-label="Download: ` + name + `"]`)
	down := transfer("Download", name)
	tb.wait(fmt.Sprintf(`(() => { const bar = document.querySelector(%s + " progress"); return bar && bar.value > 0 && bar.value < bar.max && bar.max === %d })()`, quote(down), 9<<20+123))
	tb.screenshot("download-halfway")
	close(seen)
	tb.waitState(down, "done")
	if !tb.full(down) || tb.hashOf(down) != sum {
		t.Errorf("the page got %s, and the file is %s", tb.hashOf(down), sum)
	}
	if got := tb.saved(name); got != sum {
		t.Errorf("the saved file is %s, and the file was %s", got, sum)
	}
	if log := tb.text("#log"); strings.Contains(log, "comp=") || !strings.Contains(log, "201") || !strings.Contains(log, "received") && !strings.Contains(log, "MiB") {
		t.Errorf("the log is %s", log)
	}
	tb.noErrors()

	tb.click(`[aria-label="Delete: ` + name + `"]`)
	tb.click(`[aria-label="Really delete: ` + name + `"]`)
	tb.waitText("#storage-status", "The container is empty.")
	if left := blobs(t, box); len(left) > 0 {
		t.Errorf("the store still has %v", left)
	}
}

// halfway holds a response after so many bytes until a test has seen it.
type halfway struct {
	http.ResponseWriter
	left    int
	seen    <-chan struct{}
	request *http.Request
}

func (h *halfway) Write(p []byte) (int, error) {
	if h.left > 0 && len(p) >= h.left {
		n, err := h.ResponseWriter.Write(p[:h.left])
		if err != nil {
			return n, err
		}
		h.ResponseWriter.(http.Flusher).Flush()
		h.left = 0
		select {
		case <-h.seen:
		case <-h.request.Context().Done():
			return n, h.request.Context().Err()
		}
		m, err := h.ResponseWriter.Write(p[n:])
		return n + m, err
	}
	h.left -= len(p)
	return h.ResponseWriter.Write(p)
}

func (h *halfway) Flush() { h.ResponseWriter.(http.Flusher).Flush() }

// saved returns the SHA-256 of the file that the browser has saved, once it has.
func (tb *tab) saved(name string) string {
	tb.t.Helper()
	select {
	case <-tb.savedFile:
	case <-tb.ctx.Done():
		tb.t.Fatalf("%s was not saved", name)
	}
	content, err := os.ReadFile(filepath.Join(tb.downloads, name))
	if err != nil {
		tb.t.Fatal(err)
	}
	return hash(content)
}

func TestCancelUploadLeavesNothing(t *testing.T) {
	if lacking(t, true) {
		return
	}
	path, _ := newFile(t, "big.bin", 24<<20)
	box := newContainer(t)
	var count atomic.Int32
	gone := make(chan struct{})
	var once sync.Once
	g := newGate(t, here.storage, func(g *gate, w http.ResponseWriter, r *http.Request) {
		if isBlock(r) && count.Add(1) > 3 { // some get through, the others wait
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			once.Do(func() { close(gone) })
			return
		}
		g.store.ServeHTTP(w, r)
	})
	tb := openPage(t)
	tb.openContainer(box, g.endpoint)
	tb.choose(path)
	up := transfer("Upload", "big.bin")
	tb.wait(fmt.Sprintf(`document.querySelector(%s + " progress")?.value > 0`, quote(up)))
	tb.screenshot("upload-underway")
	tb.click(`[aria-label="Cancel: big.bin"]`)
	tb.waitState(up, "canceled")
	contains(t, tb.text(up), "Canceled.")
	<-gone
	if left := blobs(t, box); len(left) > 0 {
		t.Errorf("the store has %v", left)
	}
	// The page goes on working, with the same file.
	small, sum := newFile(t, "small.bin", 1000)
	tb.choose(small)
	tb.waitState(transfer("Upload", "small.bin"), "done")
	if got := stored(t, box, "small.bin"); got != sum {
		t.Error("the file after it is not what was sent")
	}
}

func TestCancelDownload(t *testing.T) {
	if lacking(t, true) {
		return
	}
	box := newContainer(t)
	content := make([]byte, 4<<20)
	if _, err := store(t).UploadBuffer(t.Context(), box, "b.bin", content, nil); err != nil {
		t.Fatal(err)
	}
	first := make(chan struct{}, 1)
	first <- struct{}{}
	gone := make(chan struct{})
	g := newGate(t, here.storage, func(g *gate, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/b.bin") {
			select {
			case <-first:
				w = &halfway{ResponseWriter: w, left: 1 << 20, seen: nil, request: r}
				defer close(gone)
			default:
			}
		}
		g.store.ServeHTTP(w, r)
	})
	tb := openPage(t)
	tb.openContainer(box, g.endpoint)
	tb.click(`[aria-label="Download: b.bin"]`)
	down := transfer("Download", "b.bin")
	tb.wait(fmt.Sprintf(`document.querySelector(%s + " progress")?.value > 0`, quote(down)))
	tb.click(`[aria-label="Cancel: b.bin"]`)
	tb.waitState(down, "canceled")
	<-gone
	tb.click(`[aria-label="Try again: b.bin"]`)
	tb.waitState(down, "done")
	if tb.hashOf(down) != hash(content) {
		t.Error("the second try has other bytes")
	}
}

func TestParallelTransfers(t *testing.T) {
	if lacking(t, true) {
		return
	}
	a, sumA := newFile(t, "a.bin", 3<<20)
	b, sumB := newFile(t, "b.bin", 3<<20)
	box := newContainer(t)
	// Nothing gets through before both files are under way.
	var mu sync.Mutex
	names := make(map[string]bool)
	both := make(chan struct{})
	g := newGate(t, here.storage, func(g *gate, w http.ResponseWriter, r *http.Request) {
		if isBlock(r) {
			mu.Lock()
			if before := len(names); before < 2 {
				names[r.URL.Path] = true
				if len(names) == 2 && before == 1 {
					close(both)
				}
			}
			mu.Unlock()
			select {
			case <-both:
			case <-r.Context().Done():
				return
			}
		}
		g.store.ServeHTTP(w, r)
	})
	tb := openPage(t)
	tb.openContainer(box, g.endpoint)
	tb.choose(a, b)
	tb.waitState(transfer("Upload", "a.bin"), "done")
	tb.waitState(transfer("Upload", "b.bin"), "done")
	if stored(t, box, "a.bin") != sumA || stored(t, box, "b.bin") != sumB {
		t.Error("the store has other bytes")
	}
	tb.waitText("#storage-status", "2 blobs")
	tb.screenshot("parallel-done")
}

func TestStorageWithoutCORS(t *testing.T) {
	if lacking(t, true) {
		return
	}
	tb := openPage(t)
	tb.fill("#storage-endpoint", here.closed.Endpoint)
	tb.fill("#storage-account", here.closed.Name)
	tb.fill("#storage-key", here.closed.Key)
	tb.click("#open")
	rule := azure.BlobRule(here.origin)
	tb.waitText("#storage-status", "does not let this page in. Add this CORS rule to the account's blob service")
	contains(t, tb.text("#storage-status .detail"), strings.Split(rule.String(), "; ")...)
	tb.screenshot("no-cors")
	// With that rule it works.
	if err := local.AllowPages(t.Context(), here.closed, here.origin); err != nil {
		t.Fatal(err)
	}
	tb.click("#open")
	tb.waitText("#storage-status", "There is no container of this name in the account.")
	tb.click("#create")
	tb.waitText("#storage-status", "The container is empty.")
	path, sum := newFile(t, "f.bin", 100)
	tb.choose(path)
	up := transfer("Upload", "f.bin")
	tb.waitState(up, "done")
	if tb.hashOf(up) != sum {
		t.Error("other bytes were sent")
	}
}

func TestWrongStorageKey(t *testing.T) {
	if lacking(t, true) {
		return
	}
	tb := openPage(t)
	tb.fill("#storage-key", "AAAA")
	tb.click("#open")
	tb.waitText("#storage-status", "The storage account refused the key or signature.")
	tb.fill("#storage-key", "%%%")
	tb.click("#open")
	tb.waitText("#storage-status", "The account's key is not base64.")
	box := newContainer(t)
	tb.openContainer(box, here.storage.Endpoint)
}

func TestSharedAccessSignature(t *testing.T) {
	if lacking(t, true) {
		return
	}
	box := newContainer(t)
	path, sum := newFile(t, "signed.bin", 5000)
	signed, err := store(t).ServiceClient().GetSASURL(
		sas.AccountResourceTypes{Service: true, Container: true, Object: true},
		sas.AccountPermissions{Read: true, Write: true, List: true, Create: true, Delete: true, Add: true},
		time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	tb := openPage(t)
	tb.click(`[name=credential][value=sas]`)
	tb.fill("#storage-sas", signed)
	tb.fill("#container", box)
	tb.click("#open")
	tb.waitText("#storage-status", "The container is empty.")
	tb.choose(path)
	tb.waitState(transfer("Upload", "signed.bin"), "done")
	if stored(t, box, "signed.bin") != sum {
		t.Error("the store has other bytes")
	}
	if text := tb.text("body"); strings.Contains(text, "sig=") || strings.Contains(text, "?") && strings.Contains(text, "sv=") {
		t.Errorf("the page shows the signature: %s", text)
	}
}

func TestFileTooLarge(t *testing.T) {
	if lacking(t, true) {
		return
	}
	path := filepath.Join(t.TempDir(), "huge.bin")
	f, err := os.Create(path)
	if err == nil {
		err = f.Truncate(testLimit + 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	box := newContainer(t)
	tb := openPage(t)
	tb.openContainer(box, here.storage.Endpoint)
	tb.choose(path)
	tb.waitText(".transfer", "the page takes up to 40 MiB. Nothing was sent.")
	if left := blobs(t, box); len(left) > 0 {
		t.Errorf("the store has %v", left)
	}
	tb.click(`[aria-label="Dismiss: huge.bin"]`)
	tb.wait(`!document.querySelector(".transfer")`)
}

func TestNameIsTaken(t *testing.T) {
	if lacking(t, true) {
		return
	}
	box := newContainer(t)
	if _, err := store(t).UploadBuffer(t.Context(), box, "x.bin", []byte("before"), nil); err != nil {
		t.Fatal(err)
	}
	path, sum := newFile(t, "x.bin", 2000)
	late, _ := newFile(t, "late.bin", 2000)
	tb := openPage(t)
	tb.openContainer(box, here.storage.Endpoint)
	tb.choose(path)
	tb.waitText(".transfer[data-state=failed]", "There is a blob of this name already.")
	// The page does not know of this one.
	if _, err := store(t).UploadBuffer(t.Context(), box, "late.bin", []byte("before"), nil); err != nil {
		t.Fatal(err)
	}
	tb.choose(late)
	up := transfer("Upload", "late.bin")
	tb.waitState(up, "failed")
	contains(t, tb.text(up), "There is a blob of this name already.")
	if stored(t, box, "late.bin") != hash([]byte("before")) {
		t.Error("the blob was written over")
	}
	if stored(t, box, "x.bin") != hash([]byte("before")) {
		t.Error("the blob was written over")
	}
	tb.click("#replace")
	tb.choose(path)
	tb.waitState(transfer("Upload", "x.bin"), "done")
	if stored(t, box, "x.bin") != sum {
		t.Error("the blob was not replaced")
	}
}

func TestBlobIsGone(t *testing.T) {
	if lacking(t, true) {
		return
	}
	box := newContainer(t)
	if _, err := store(t).UploadBuffer(t.Context(), box, "y.bin", []byte("short life"), nil); err != nil {
		t.Fatal(err)
	}
	tb := openPage(t)
	tb.openContainer(box, here.storage.Endpoint)
	if _, err := store(t).DeleteBlob(t.Context(), box, "y.bin", nil); err != nil {
		t.Fatal(err)
	}
	tb.click(`[aria-label="Download: y.bin"]`)
	down := transfer("Download", "y.bin")
	tb.waitState(down, "failed")
	contains(t, tb.text(down), "The blob is not there.")
	tb.click("#refresh")
	tb.waitText("#storage-status", "The container is empty.")
}

// TestFileChangesWhileItIsRead changes the file that is being sent.
func TestFileChangesWhileItIsRead(t *testing.T) {
	if lacking(t, true) {
		return
	}
	path, _ := newFile(t, "moving.bin", 24<<20)
	box := newContainer(t)
	reached, changed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	g := newGate(t, here.storage, func(g *gate, w http.ResponseWriter, r *http.Request) {
		if isBlock(r) {
			once.Do(func() { close(reached) })
			select {
			case <-changed:
			case <-r.Context().Done():
				return
			}
		}
		g.store.ServeHTTP(w, r)
	})
	tb := openPage(t)
	tb.openContainer(box, g.endpoint)
	tb.choose(path)
	<-reached
	if err := os.WriteFile(path, bytes.Repeat([]byte("other"), 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	close(changed)
	up := transfer("Upload", "moving.bin")
	tb.waitState(up, "failed")
	contains(t, tb.text(up), "The file cannot be read any more")
	if left := blobs(t, box); len(left) > 0 {
		t.Errorf("the store has %v", left)
	}
}

func TestDroppedFile(t *testing.T) {
	if lacking(t, true) {
		return
	}
	box := newContainer(t)
	tb := openPage(t)
	tb.openContainer(box, here.storage.Endpoint)
	eval[bool](tb, `(() => {
		const files = new DataTransfer();
		files.items.add(new File(["dropped"], "dropped.txt"));
		document.querySelector("#drop .hint").dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
		return true;
	})()`)
	tb.waitState(transfer("Upload", "dropped.txt"), "done")
	if stored(t, box, "dropped.txt") != hash([]byte("dropped")) {
		t.Error("the store has other bytes")
	}
}

// TestStorageByKeyboard uploads, downloads and deletes without a mouse.
func TestStorageByKeyboard(t *testing.T) {
	if lacking(t, true) {
		return
	}
	box := newContainer(t)
	tb := openPage(t)
	tb.fill("#storage-key", here.storage.Key)
	tb.fill("#container", box)
	tb.do(chromedp.KeyEvent(kb.Enter))
	tb.waitText("#storage-status", "The container is empty.")
	path, sum := newFile(t, "k.bin", 3000)
	tb.choose(path) // the system's own dialog is not to be had here
	tb.waitState(transfer("Upload", "k.bin"), "done")
	tb.waitText("#storage-status", "1 blob")
	press := func(label string) {
		t.Helper()
		for range 60 {
			tb.do(chromedp.KeyEvent(kb.Tab))
			if eval[string](tb, "document.activeElement.ariaLabel ?? ''") == label {
				tb.do(chromedp.KeyEvent(kb.Enter))
				return
			}
		}
		t.Fatalf("the tabulator never comes to %q", label)
	}
	press("Download: k.bin")
	down := transfer("Download", "k.bin")
	tb.waitState(down, "done")
	if tb.hashOf(down) != sum {
		t.Error("other bytes came back")
	}
	press("Delete: k.bin")
	tb.do(chromedp.KeyEvent(kb.Enter)) // yes, really
	tb.waitText("#storage-status", "The container is empty.")
	if focus := eval[string](tb, "document.activeElement.id"); focus != "refresh" {
		t.Errorf("the focus is on %q", focus)
	}
}
