// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

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
	if got := tb.saved("b.bin"); got != hash(content) {
		t.Error("the saved file has other bytes")
	}
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
