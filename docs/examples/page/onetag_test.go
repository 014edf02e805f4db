// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chromedp/chromedp"

	"github.com/isohttp/isohttp/docs/examples/page/server"
)

func TestOneTag(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(here.origin + "/onetag.html"))
	tb.wait(`document.querySelector(".isohttp-ask")`)
	tb.screenshot("onetag-asks")
	tb.do(chromedp.SendKeys(css("#isohttp-ISOHTTP_LANGUAGE_KEY"), here.language.Key+"\n"))
	tb.waitText(".isohttp-output", "German")
	contains(t, tb.text(".isohttp-output"), "French", "Bonjour mon ami.")
	tb.noErrors()
	if page := eval[string](tb, "document.documentElement.outerHTML + location.href"); strings.Contains(page, here.language.Key) {
		t.Error("the key stands in the page")
	}
	tb.screenshot("onetag")
	tb.scheme("dark")
	tb.screenshot("onetag-dark")
}

func TestOneTagFailures(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := newTab(t)
	tb.do(chromedp.Navigate(here.origin + "/onetag.html"))
	tb.do(chromedp.SendKeys(css("#isohttp-ISOHTTP_LANGUAGE_KEY"), "wrong\n"))
	tb.waitText(".isohttp-output", "The program ended with exit code 1.")
	contains(t, tb.text(".isohttp-output"), "401 Unauthorized")
}

// TestLoader runs the loader's tag in other pages.
func TestLoader(t *testing.T) {
	if lacking(t, false) {
		return
	}
	loader, err := fs.ReadFile(static, "static/isohttp-run.js")
	if err != nil {
		t.Fatal(err)
	}
	broken := []byte("not WebAssembly")
	portable := here.files["portable.wasm"]
	exec := here.files["wasm_exec.js"]
	for _, c := range []struct {
		name, tag string
		files     map[string][]byte
		want      []string // in the text of the body
	}{
		{"arguments", `<script src="isohttp-run.js" data-app="portable.wasm" data-args="help"></script>`,
			map[string][]byte{"portable.wasm": portable, "wasm_exec.js": exec}, []string{"usage:", "portable storage"}},
		{"words and variables", `<script src="isohttp-run.js" data-app="portable.wasm" data-args="detect 'one two' three"
			data-env='ISOHTTP_LANGUAGE_ENDPOINT="ftp://x" ISOHTTP_LANGUAGE_KEY=k'></script>`,
			map[string][]byte{"portable.wasm": portable, "wasm_exec.js": exec},
			[]string{"the endpoint has to begin with https://", "The program ended with exit code 2."}},
		{"output elsewhere", `<script src="isohttp-run.js" data-app="portable.wasm" data-args="help" data-output="#out" data-exec="exec/go.js"></script><div id="out"></div>`,
			map[string][]byte{"portable.wasm": portable, "exec/go.js": exec}, []string{"usage:"}},
		{"no output element", `<script src="isohttp-run.js" data-app="portable.wasm" data-output="#none"></script>`,
			nil, []string{"there is no element #none"}},
		{"no program", `<script src="isohttp-run.js" data-app="portable.wasm"></script>`,
			map[string][]byte{"wasm_exec.js": exec}, []string{"portable.wasm could not be loaded: the server says 404 Not Found."}},
		{"no wasm_exec.js", `<script src="isohttp-run.js" data-app="portable.wasm"></script>`,
			map[string][]byte{"portable.wasm": portable}, []string{"wasm_exec.js could not be loaded. It has to be the one of the Go installation"}},
		{"no WebAssembly", `<script src="isohttp-run.js" data-app="portable.wasm"></script>`,
			map[string][]byte{"portable.wasm": broken, "wasm_exec.js": exec}, []string{"portable.wasm is not a program that this browser can run."}},
		{"two programs", `<script src="isohttp-run.js" data-app="portable.wasm" data-args="help"></script>
			<script src="isohttp-run.js" data-app="portable.wasm" data-args="detect -h" data-output="#second"></script><p>second</p><div id="second"></div>`,
			map[string][]byte{"portable.wasm": portable, "wasm_exec.js": exec}, []string{"portable storage -h list the flags", "second", "usage: portable [detect] [flags]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			handler, err := server.New(server.Site{
				Static: fstest.MapFS{
					"index.html":     {Data: []byte("<!doctype html><title>test</title>" + c.tag)},
					"isohttp-run.js": {Data: loader},
				},
				Files: c.files,
			})
			if err != nil {
				t.Fatal(err)
			}
			s := httptest.NewServer(handler)
			defer s.Close()
			tb := newTab(t)
			tb.do(chromedp.Navigate(s.URL + "/"))
			for _, want := range c.want {
				tb.waitText("body", want)
			}
		})
	}
}

func TestOneTagIsShort(t *testing.T) {
	file, err := os.ReadFile("static/onetag.html")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(file), "\n"); lines > 15 {
		t.Errorf("it has %d lines", lines)
	}
}
