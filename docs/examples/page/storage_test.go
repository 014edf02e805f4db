// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
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
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
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
	if got := tb.saved("k.bin"); got != sum {
		t.Error("the saved file has other bytes")
	}
	press("Delete: k.bin")
	tb.do(chromedp.KeyEvent(kb.Enter)) // yes, really
	tb.waitText("#storage-status", "The container is empty.")
	if focus := eval[string](tb, "document.activeElement.id"); focus != "refresh" {
		t.Errorf("the focus is on %q", focus)
	}
}
