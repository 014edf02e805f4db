// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/transport/azure"
)

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
