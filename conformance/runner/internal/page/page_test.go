// SPDX-License-Identifier: MIT

package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mux is a Mux over a test server.
type mux struct {
	*http.ServeMux
	url string
}

func (m mux) URL() string { return m.url }

// mount serves a page with input as the program's standard input.
func mount(t *testing.T, input string) (p *Page, stdout, stderr *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	stdin, err := os.Open(write("input", input))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close() })
	m := mux{ServeMux: http.NewServeMux()}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	m.url = server.URL
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	p, err = Mount(m, Program{
		Path: write("p.wasm", "wasm"), WasmExec: write("wasm_exec.js", "glue"),
		Args: []string{"p", "-x"}, Env: []string{"A=b=c"},
		Stdin: stdin, Stdout: stdout, Stderr: stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, stdout, stderr
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func post(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	resp, err := http.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestFilesOfThePage(t *testing.T) {
	p, _, _ := mount(t, "")
	for name, want := range map[string]struct{ contentType, body string }{
		"":             {"text/html; charset=utf-8", hostHTML},
		"host.js":      {"text/javascript; charset=utf-8", hostJS},
		"files.js":     {"text/javascript; charset=utf-8", filesJS},
		"wasm_exec.js": {"text/javascript; charset=utf-8", "glue"},
		"program.wasm": {"application/wasm", "wasm"},
	} {
		resp, body := get(t, p.URL()+name)
		if resp.StatusCode != 200 || body != want.body || resp.Header.Get("Content-Type") != want.contentType {
			t.Errorf("%q: status %d, type %q, %d bytes", name, resp.StatusCode, resp.Header.Get("Content-Type"), len(body))
		}
		if got := resp.Header.Get("Content-Security-Policy"); got != "script-src 'self' 'wasm-unsafe-eval'" {
			t.Errorf("%q: policy %q", name, got)
		}
	}
}

func TestConfiguration(t *testing.T) {
	p, _, _ := mount(t, "")
	select {
	case <-p.Loaded():
		t.Error("loaded before the browser has asked for anything")
	default:
	}
	_, body := get(t, p.URL()+"config.json")
	<-p.Loaded()
	var config struct {
		Control string
		Args    []string
		Env     map[string]string
	}
	if err := json.Unmarshal([]byte(body), &config); err != nil {
		t.Fatal(err)
	}
	if config.Control != p.control || len(config.Args) != 2 || config.Args[1] != "-x" || config.Env["A"] != "b=c" {
		t.Errorf("got %+v", config)
	}
}

func TestControl(t *testing.T) {
	p, stdout, stderr := mount(t, "typed in")
	post(t, p.control+"output", "\x01\x03\x00\x00\x00out\x02\x03\x00\x00\x00err\x01\x01\x00\x00\x00!")
	if stdout.String() != "out!" || stderr.String() != "err" {
		t.Errorf("output is %q and %q", stdout, stderr)
	}
	for _, want := range []string{"typed", " in", ""} {
		if status, got := post(t, p.control+"input?n=5", ""); status != 200 || got != want {
			t.Errorf("input is %d %q, want %q", status, got, want)
		}
	}
	if status, _ := post(t, p.control+"input?n=-1", ""); status != 400 {
		t.Errorf("a negative length got %d", status)
	}
	post(t, p.control+"exit", "7")
	post(t, p.control+"exit", "8") // only the first counts
	if r := <-p.Result(); r.Status != 7 || r.Err != nil {
		t.Errorf("result is %+v", r)
	}
}

func TestFailures(t *testing.T) {
	for path, body := range map[string]string{"exit": "seven", "failure": "no such thing", "output": "\x01\xff\x00\x00\x00short"} {
		p, _, _ := mount(t, "")
		post(t, p.control+path, body)
		if r := <-p.Result(); r.Err == nil {
			t.Errorf("%s %q is a result: %+v", path, body, r)
		}
	}
}

// Without the secret part of the path there is nothing.
func TestSecretPaths(t *testing.T) {
	p, stdout, _ := mount(t, "")
	base := p.control[:strings.LastIndex(strings.TrimSuffix(p.control, "/"), "/")+1]
	if status, _ := post(t, base+"output", "\x01\x01\x00\x00\x00x"); status != 404 || stdout.Len() != 0 {
		t.Errorf("status %d, output %q", status, stdout)
	}
}

func TestCopyFrames(t *testing.T) {
	for in, want := range map[string]error{
		"":                              nil,
		"\x01\x00\x00\x00\x00":          nil,
		"\x01\x01\x00":                  io.ErrUnexpectedEOF,
		"\x02\x02\x00\x00\x00x":         io.ErrUnexpectedEOF,
		"\x01\x01\x00\x00\x00x\x01":     io.ErrUnexpectedEOF,
		"\x01\x01\x00\x00\x00x\x02\x00": io.ErrUnexpectedEOF,
	} {
		if err := copyFrames(io.Discard, io.Discard, strings.NewReader(in)); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
}
