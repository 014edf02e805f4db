// SPDX-License-Identifier: MIT

// Package server serves pages that run Go programs, under a strict Content-Security-Policy.
package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strconv"
	"strings"
)

// policy lets WebAssembly run, and no script but the site's own files: no script text in
// the page, no eval. The page may talk to any https service and to this machine; a
// site of one's own would name its services there.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self' https: http://127.0.0.1:* http://localhost:*; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Settings are what the pages start with. There is no key among them.
type Settings struct {
	LanguageEndpoint string `json:"languageEndpoint"`
	StorageEndpoint  string `json:"storageEndpoint"`
	StorageAccount   string `json:"storageAccount"`
	MaxFileBytes     int64  `json:"maxFileBytes"` // for uploads and downloads
}

// Site is what a Server serves.
type Site struct {
	// Static has the files. Those that end in .html are templates over Settings.
	Static fs.FS

	// Files are further files by name: programs and wasm_exec.js.
	Files map[string][]byte

	Settings Settings
}

// New returns a handler for the site. It answers only to the names of this machine, so
// that no other site can get at it by a name that leads here.
func New(site Site) (http.Handler, error) {
	s := make(server)
	err := fs.WalkDir(site.Static, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(site.Static, name)
		if err == nil && strings.HasSuffix(name, ".html") {
			content, err = fill(name, content, site.Settings)
		}
		if err == nil {
			err = s.add(name, content)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, content := range site.Files {
		if err := s.add(name, content); err != nil {
			return nil, err
		}
	}
	settings, err := json.Marshal(site.Settings)
	if err != nil {
		return nil, err
	}
	return s, s.add("settings.json", settings)
}

// fill executes a template.
func fill(name string, content []byte, settings Settings) ([]byte, error) {
	t, err := template.New(name).Parse(string(content))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, settings)
	return out.Bytes(), err
}

// server has the files by their paths.
type server map[string]*file

// file is a file as it is sent.
type file struct {
	contentType string
	tag         string
	plain       []byte
	zipped      []byte // nil where that gains nothing
}

func (s server) add(name string, content []byte) error {
	// The tag is a weak one: it is the same for both encodings.
	f := &file{contentType: contentType(name), plain: content, tag: fmt.Sprintf(`W/"%.16x"`, sha256.Sum256(content))}
	if f.contentType == "" {
		return fmt.Errorf("%s: no content type for this name", name)
	}
	zipped, err := compress(content)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(zipped) < len(content)*9/10 {
		f.zipped = zipped
	}
	if name == "index.html" {
		name = ""
	}
	s["/"+name] = f
	return nil
}

// contentType is the type of a file by its name. It does not ask the system, whose tables
// differ: a browser runs no script and compiles no program of another type.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".wasm":
		return "application/wasm"
	}
	return ""
}

func compress(content []byte) ([]byte, error) {
	var out bytes.Buffer
	// Somebody waits for the server to start: this takes a third of the time of the default, and
	// makes a Go program of 21 MB one of 6 MB instead of 5.
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache") // ask each time; the tag makes the answer short
	f := s[r.URL.Path]
	switch {
	case !ownName(r.Host):
		http.Error(w, "this server answers to the names of its own machine only", http.StatusMisdirectedRequest)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	case f == nil:
		http.NotFound(w, r)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Etag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	// Content-Length is that of the compressed bytes, and a loader counts the others.
	h.Set("X-Decoded-Length", strconv.Itoa(len(f.plain)))
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := f.plain
	if f.zipped != nil && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content = f.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodGet {
		w.Write(content)
	}
}

// ownName reports whether host, with or without a port, is a name of this machine.
func ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// takesGzip reports whether the client wants gzip. Whoever lists it with a weight of zero
// does not, which no browser does.
func takesGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(item), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}
