// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/isohttp/isohttp/docs/examples/page/server"
)

// ask asks for the languages of the texts that stand there.
func (tb *tab) ask(key string) {
	tb.t.Helper()
	tb.fill("#language-key", key)
	tb.click("#detect")
}

func TestLoadsUnderThePolicy(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := newTab(t)
	resp, err := chromedp.RunResponse(tb.ctx, chromedp.Navigate(here.origin+"/"))
	if err != nil {
		t.Fatal(err)
	}
	tb.ready()
	policy := fmt.Sprint(resp.Headers["Content-Security-Policy"])
	contains(t, policy, "script-src 'self' 'wasm-unsafe-eval';")
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "3 texts answered.")
	tb.noErrors()
	// An evaluation by the protocol itself is above the policy unless it says otherwise.
	under := func(p *runtime.EvaluateParams) { p.AllowUnsafeEvalBlockedByCSP = new(bool) }
	refused, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](
		`(() => { try { new Function(""); return false } catch { return true } })()`, under))
	if err != nil || !refused {
		t.Errorf("the policy lets eval through, %v", err)
	}
}

// TestLoadingShowsProgress holds the program back halfway.
func TestLoadingShowsProgress(t *testing.T) {
	if lacking(t, false) {
		return
	}
	handler, err := site(here.files, server.Settings{LanguageEndpoint: here.language.Endpoint, MaxFileBytes: testLimit})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page.wasm" {
			r.Header.Del("Accept-Encoding")
			w = &halfway{ResponseWriter: w, left: len(here.files["page.wasm"]) / 2, seen: seen, request: r}
		}
		handler.ServeHTTP(w, r)
	}))
	defer s.Close()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.URL + "/"))
	total := len(here.files["page.wasm"])
	tb.wait(fmt.Sprintf(`(() => { const bar = document.getElementById("program-progress"); return bar?.value === %d && bar.max === %d })()`, total/2, total))
	contains(t, tb.text("#program-status"), "Loading the program: ", " of ", "MiB")
	tb.screenshot("loading")
	close(seen)
	tb.ready()
}

func TestProgramIsMissing(t *testing.T) {
	if lacking(t, false) {
		return
	}
	files := map[string][]byte{"wasm_exec.js": here.files["wasm_exec.js"]}
	handler, err := site(files, server.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	defer s.Close()
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.URL + "/"))
	tb.waitText("#notice", "page.wasm could not be loaded: the server says 404 Not Found.")
	contains(t, tb.text("#program"), "The program does not run")
}

// addScript has the tab run a script before each document's own.
func addScript(source string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return chromedp.Void{}, err
	}
}

func TestLanguages(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	tb.fill("#texts", "Bonjour mon ami.\n\nGuten Abend, wie geht es euch heute?")
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "2 texts answered.")
	contains(t, tb.text("#languages"), "Bonjour mon ami.", "French", "German")
	// The log has method, host and path without query, status and time.
	host := strings.TrimPrefix(here.language.Endpoint, "http://")
	log := tb.text("#log")
	contains(t, log, "POST", host+"/language/:analyze-text", "200", "ms")
	if strings.Contains(log, "api-version") {
		t.Errorf("the log has a query in it: %s", log)
	}
	contains(t, tb.text("#log-summary"), "1 request")
	tb.noErrors()
}

func TestKeyIsOnlyInItsField(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "answered.")
	where := eval[string](tb, `(async () => [
		location.href, document.cookie, document.documentElement.outerHTML, JSON.stringify(history.state),
		JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }),
		JSON.stringify(await indexedDB.databases()), JSON.stringify(await caches.keys()),
	].join("\n"))()`)
	if strings.Contains(where, here.language.Key) {
		t.Errorf("the key is kept somewhere: %s", where)
	}
	tb.do(chromedp.Navigate("about:blank"), chromedp.Navigate(here.origin+"/"))
	tb.ready()
	if left := eval[string](tb, `document.getElementById("language-key").value`); left != "" {
		t.Error("the key is still there after the page was loaded again")
	}
}

func TestWrongKey(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	tb.ask("not-the-key")
	tb.waitText("#language-status", "The language service refused the key.")
	if !eval[bool](tb, `document.getElementById("language-status").classList.contains("failed")`) {
		t.Error("the failure does not look like one")
	}
	contains(t, tb.text("#log"), "401")
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "answered.")
}

func TestNoKey(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	tb.click("#detect")
	tb.waitText("#language-status", "The key is missing.")
	tb.fill("#texts", "  \n ")
	tb.ask("k")
	tb.waitText("#language-status", "There is no text yet.")
	tb.fill("#texts", "Bonjour")
	tb.fill("#language-endpoint", "ftp://x")
	tb.ask("k")
	tb.waitText("#language-status", "The endpoint has to begin with https://")
	contains(t, tb.text("#log-summary"), "Nothing has been sent yet.")
}

func TestServiceDown(t *testing.T) {
	if lacking(t, false) {
		return
	}
	// A port that was just free.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	tb := openPage(t)
	tb.fill("#language-endpoint", "http://"+address)
	tb.ask("some-key")
	tb.waitText("#language-status", "Nothing answers at "+address+".")
	contains(t, tb.text("#log"), "network failure")
	tb.fill("#language-endpoint", here.language.Endpoint)
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "answered.")
}

func TestLanguageServiceWithoutCORS(t *testing.T) {
	if lacking(t, false) {
		return
	}
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	tb := openPage(t)
	tb.fill("#language-endpoint", s.URL)
	tb.ask("some-key")
	tb.waitText("#language-status", "does not let this page in: its answers have no CORS headers that allow the origin "+here.origin)
}

func TestOffline(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	offline := func(is bool) {
		t.Helper()
		conditions := network.EmulateNetworkConditionsByRuleParams{}
		if is {
			conditions.MatchedNetworkConditions = []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}}
		} else {
			conditions.MatchedNetworkConditions = []*network.Conditions{}
		}
		if _, err := chromedp.Call(tb.ctx, network.EmulateNetworkConditionsByRule, conditions); err != nil {
			t.Fatal(err)
		}
		_, err := chromedp.Call(tb.ctx, network.OverrideNetworkState,
			network.OverrideNetworkStateParams{Offline: is, DownloadThroughput: -1, UploadThroughput: -1})
		if err != nil {
			t.Fatal(err)
		}
	}
	offline(true)
	tb.wait(`!document.getElementById("notice").hidden`)
	contains(t, tb.text("#notice"), "This device is offline.")
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "This device is offline. Try again once the network is back.")
	offline(false)
	tb.wait(`document.getElementById("notice").hidden`)
	tb.click("#detect")
	tb.waitText("#language-status", "answered.")
}

func TestCancelDetection(t *testing.T) {
	if lacking(t, false) {
		return
	}
	gone := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", here.origin)
		h.Set("Access-Control-Allow-Headers", "*")
		if r.Method == http.MethodOptions {
			return
		}
		r.Body.Read(make([]byte, 1<<16)) // the connection is watched once the body is read
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer s.Close()
	tb := openPage(t)
	tb.fill("#language-endpoint", s.URL)
	tb.ask("some-key")
	tb.wait(`document.querySelector("#log tr.pending .target")`)
	tb.click("#detect-cancel")
	tb.waitText("#language-status", "Canceled.")
	<-gone // the service has seen it
	if focus := eval[string](tb, "document.activeElement.id"); focus != "detect" {
		t.Errorf("the focus is on %q", focus)
	}
	tb.fill("#language-endpoint", here.language.Endpoint)
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "answered.")
}

func TestTooOldABrowser(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := newTab(t)
	tb.do(addScript("delete WebAssembly.instantiateStreaming"), chromedp.Navigate(here.origin+"/"))
	tb.wait(`!document.getElementById("notice").hidden`)
	contains(t, tb.text("#notice"), "This browser is too old for the page", "WebAssembly", "Use a current Chrome")
	if !eval[bool](tb, `document.getElementById("detect").disabled`) {
		t.Error("there is something to click on")
	}
	tb.screenshot("too-old")
}

// TestKeyboard does everything without a mouse.
func TestKeyboard(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	// tab presses the tabulator until the focus is on an element.
	goTo := func(id string) {
		t.Helper()
		for range 60 {
			tb.do(chromedp.KeyEvent(kb.Tab))
			on := eval[struct {
				ID      string
				Named   bool
				Visible bool
			}](tb, `(() => {
				const e = document.activeElement;
				const look = getComputedStyle(e.id === "files" ? e.parentElement : e);
				return {
					id: e.id,
					named: Boolean(e.labels?.length || e.textContent.trim() || e.ariaLabel || e.getAttribute("aria-labelledby")),
					visible: e === document.body || look.outlineStyle !== "none",
				};
			})()`)
			if !on.Named || !on.Visible {
				t.Errorf("the control %q has no name or no visible focus: %+v", on.ID, on)
			}
			if on.ID == id {
				return
			}
		}
		t.Fatalf("the tabulator never comes to %s", id)
	}
	goTo("language-key")
	tb.do(chromedp.KeyEvent(here.language.Key))
	goTo("texts")
	goTo("detect")
	tb.do(chromedp.KeyEvent(kb.Enter))
	tb.waitText("#language-status", "3 texts answered.")
	goTo("storage-key")
	tb.do(chromedp.KeyEvent("AAAA"))
	goTo("container")
	goTo("open")
	goTo("log-scroll")
	goTo("log-clear")
	tb.do(chromedp.KeyEvent(kb.Enter))
	tb.waitText("#log-summary", "Nothing has been sent yet.")
}

func TestNarrowScreen(t *testing.T) {
	if lacking(t, false) {
		return
	}
	tb := openPage(t)
	tb.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
	tb.ask(here.language.Key)
	tb.waitText("#language-status", "answered.")
	if width := eval[int](tb, "document.documentElement.scrollWidth"); width > 360 {
		t.Errorf("the page is %d pixels wide", width)
	}
	small := eval[[]string](tb, `[...document.querySelectorAll("button, .drop, textarea, input:not([type=radio], [type=checkbox])")]
		.filter((e) => e.offsetParent && e.getBoundingClientRect().height < 40).map((e) => e.id || e.textContent)`)
	if len(small) > 0 {
		t.Errorf("too small for a finger: %v", small)
	}
}
