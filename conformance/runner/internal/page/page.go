// SPDX-License-Identifier: MIT

// Package page serves a Go program built for GOOS=js to a browser, as a page, and
// connects the program with this process's input and output.
package page

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

// policy is the strictest Content-Security-Policy under which WebAssembly runs: no eval
// and no script but the page's own files. A program that needs more fails here, not
// at its users'.
const policy = "script-src 'self' 'wasm-unsafe-eval'"

//go:embed host.html
var hostHTML string

//go:embed files.js
var filesJS string

//go:embed host.js
var hostJS string

// Program is what a page runs.
type Program struct {
	Path     string   // the wasm file
	WasmExec string   // the wasm_exec.js of its toolchain
	Args     []string // Args[0] is the program's name
	Env      []string // "NAME=value"
	Stdin    *os.File
	Stdout   io.Writer
	Stderr   io.Writer
}

// Mux is where a page is mounted: the test origin, so that the page is same-origin
// with it.
type Mux interface {
	URL() string
	Handle(pattern string, handler http.Handler)
}

// Page is a program that is being served. Close releases it.
type Page struct {
	program Program
	url     string
	control string       // base URL of the control listener, with a secret in its path
	server  *http.Server // owned: the control listener's

	loaded chan struct{} // closed when the page has asked for its configuration
	gone   chan struct{} // closed when the page has dropped its connection
	result chan Result   // gets the first result

	loadOnce, goneOnce sync.Once
	output             sync.Mutex // one batch of output at a time
}

// Result is how a program ended. Err is set when the page could not run it.
type Result struct {
	Status int
	Err    error
}

// Mount serves program under a path of its own on mux.
func Mount(mux Mux, program Program) (*Page, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	// The paths cannot be guessed, so that nothing else on the machine reads the
	// program's variables or writes to this process's output.
	base := "/run/" + rand.Text() + "/"
	secret := "/" + rand.Text() + "/"
	p := &Page{
		program: program,
		url:     strings.TrimSuffix(mux.URL(), "/") + base,
		control: "http://" + listener.Addr().String() + secret,
		loaded:  make(chan struct{}),
		gone:    make(chan struct{}),
		result:  make(chan Result, 1),
	}
	for name, handler := range map[string]http.HandlerFunc{
		"{$}":          p.serveText("text/html; charset=utf-8", hostHTML),
		"files.js":     p.serveText("text/javascript; charset=utf-8", filesJS),
		"host.js":      p.serveText("text/javascript; charset=utf-8", hostJS),
		"wasm_exec.js": p.serveFile("text/javascript; charset=utf-8", program.WasmExec),
		"program.wasm": p.serveFile("application/wasm", program.Path),
		"config.json":  p.serveConfig,
	} {
		mux.Handle("GET "+base+name, handler)
	}
	p.server = &http.Server{Handler: p.controlHandler(secret)}
	go p.server.Serve(listener)
	return p, nil
}

// URL is the page's address.
func (p *Page) URL() string { return p.url }

// Loaded is closed when the browser has loaded the page.
func (p *Page) Loaded() <-chan struct{} { return p.loaded }

// Gone is closed when the page is no longer there: its tab was closed or has crashed.
// A result may still be under way.
func (p *Page) Gone() <-chan struct{} { return p.gone }

// Result gets the program's result when it has ended and all of its output has been
// written.
func (p *Page) Result() <-chan Result { return p.result }

// Close stops the control listener. The page's files stay with the mux.
func (p *Page) Close() error { return p.server.Close() }

func (p *Page) serveText(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pageHeader(w, contentType)
		io.WriteString(w, text)
	}
}

func (p *Page) serveFile(contentType, path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pageHeader(w, contentType)
		http.ServeFile(w, r, path)
	}
}

func pageHeader(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-store")
}

func (p *Page) serveConfig(w http.ResponseWriter, r *http.Request) {
	env := make(map[string]string)
	for _, pair := range p.program.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	pageHeader(w, "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"control": p.control,
		"args":    p.program.Args,
		"env":     env,
		"modes":   [3]uint32{streamMode(p.program.Stdin), pipe, pipe},
	})
	p.loadOnce.Do(func() { close(p.loaded) })
}

// The file types of the standard streams, in the bits of a Unix mode.
const (
	pipe            = 0o010000
	characterDevice = 0o020000
)

// streamMode lets the program see whether somebody types its input or it is piped in.
func streamMode(f *os.File) uint32 {
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return characterDevice | 0o600
	}
	return pipe | 0o600
}

func (p *Page) finish(result Result) {
	select {
	case p.result <- result:
	default: // only the first counts
	}
}

func (p *Page) fail(format string, args ...any) {
	p.finish(Result{Err: fmt.Errorf(format, args...)})
}
