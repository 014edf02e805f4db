// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	devlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/docs/examples/page/server"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// limit ends a wait for something that never comes; nothing waits for it to pass.
const limit = 45 * time.Second

// testLimit is the largest file that the tests' page takes.
const testLimit = 40 << 20

// here is what all tests share. TestMain makes it.
var here struct {
	language *local.Language
	storage  *app.Account // pages may use it; nil without Node
	closed   *app.Account // pages may not
	origin   string       // of the page
	files    map[string][]byte
	browser  context.Context
	saves    string  // folder; a tab saves files in one of its own in there
	lacks    []error // what this machine lacks
}

func TestMain(m *testing.M) {
	ctx, cancel := context.WithCancel(context.Background())
	status, err := testMain(ctx, m)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// testMain starts the services, the page's server and one browser, and runs the tests.
func testMain(ctx context.Context, m *testing.M) (status int, err error) {
	chromium, err := findChromium()
	if err != nil { // without it there is nothing to be tested here
		here.lacks = append(here.lacks, err)
		return m.Run(), nil
	}
	host, err := local.New(ctx, local.NewLog("page", os.Stderr))
	if err != nil {
		return 0, err
	}
	defer host.Close()
	if here.language, err = host.StartLanguage(ctx); err != nil {
		return 0, err
	}
	if here.files, err = programs(ctx, host); err != nil {
		return 0, err
	}
	settings := server.Settings{LanguageEndpoint: here.language.Endpoint, MaxFileBytes: testLimit}
	accounts, err := host.StartStorage(ctx, "pagetest", "pageclosed")
	if missing := (*local.Missing)(nil); err != nil {
		if !asMissing(err, &missing) {
			return 0, err
		}
		here.lacks = append(here.lacks, missing)
	} else {
		here.storage, here.closed = accounts[0], accounts[1]
		settings.StorageEndpoint, settings.StorageAccount = here.storage.Endpoint, here.storage.Name
	}
	handler, err := site(here.files, settings)
	if err != nil {
		return 0, err
	}
	s := httptest.NewServer(handler)
	defer s.Close()
	here.origin = s.URL
	if here.storage != nil {
		if err := local.AllowPages(ctx, here.storage, here.origin); err != nil {
			return 0, err
		}
	}
	// Chromium goes on saving a file after the tab that asked for it is closed. So its folder is
	// not a test's, which would be removed with the test, but goes when the browser has ended.
	if here.saves, err = os.MkdirTemp("", "isohttp-page-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(here.saves)) }()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.WindowSize(1280, 1000))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses to start for root
	}
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	var end context.CancelFunc
	here.browser, end = chromedp.NewContext(ctx)
	defer end()
	if err := chromedp.Do(here.browser); err != nil {
		return 0, fmt.Errorf("starting %s: %w", chromium, err)
	}
	return m.Run(), nil
}

func asMissing(err error, m **local.Missing) (ok bool) {
	*m, ok = err.(*local.Missing)
	return ok
}

// findChromium returns the path of a browser. An error says how to get one.
func findChromium() (string, error) {
	names := []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
	}
	const variable = "ISOHTTP_BROWSER_PATH"
	if name := os.Getenv(variable); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium: install Chromium or Chrome (Debian: apt-get install chromium), or set %s", variable)
}

// lacking reports whether the machine lacks what a test needs. Under CI that is a failure.
func lacking(t *testing.T, storage bool) bool {
	t.Helper()
	if here.browser != nil && (!storage || here.storage != nil) {
		return false
	}
	for _, err := range here.lacks {
		if os.Getenv("CI") == "true" {
			t.Error(err)
		} else {
			t.Log("not run:", err)
		}
	}
	return true
}

// tab is a tab of the browser, with cookies and storage of its own.
type tab struct {
	t         *testing.T
	ctx       context.Context
	downloads string        // folder
	savedFile chan struct{} // gets one for each file that the browser has saved there

	mu     sync.Mutex
	errors []string // of its console
}

// newTab opens an empty tab.
func newTab(t *testing.T) *tab {
	t.Helper()
	downloads, err := os.MkdirTemp(here.saves, "")
	if err != nil {
		t.Fatal(err)
	}
	tb := &tab{t: t, downloads: downloads, savedFile: make(chan struct{}, 16)}
	ctx, cancel := context.WithTimeout(here.browser, 2*limit)
	t.Cleanup(cancel)
	tb.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tb.listen))
	t.Cleanup(cancel)
	// The tab lives as long as the context of its first call.
	if err := chromedp.Do(tb.ctx, chromedp.EmulateViewport(1280, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(tb.ctx, devlog.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	_, err = chromedp.CallBrowser(tb.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: tb.downloads,
		BrowserContextID: chromedp.FromContext(tb.ctx).BrowserContextID, EventsEnabled: new(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	// Only one tab is at work at a time.
	err = chromedp.ListenBrowser(tb.ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadProgress); ok && e.State == browser.DownloadProgressStateCompleted {
			select {
			case tb.savedFile <- struct{}{}:
			default:
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

// openPage opens the page and waits until its program runs.
func openPage(t *testing.T) *tab {
	t.Helper()
	tb := newTab(t)
	tb.do(chromedp.Navigate(here.origin + "/"))
	tb.ready()
	return tb
}

func (tb *tab) ready() {
	tb.t.Helper()
	tb.wait(`document.querySelector("#program.ready")`)
}

// listen takes note of what a developer would see in red.
func (tb *tab) listen(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			text = fmt.Sprint(e.Type)
			for _, arg := range e.Args {
				text += " " + string(arg.Value)
			}
		}
	case *devlog.EventEntryAdded:
		if e.Entry.Level == devlog.EntryLevelError {
			text = e.Entry.Text
		}
	}
	if text != "" {
		tb.mu.Lock()
		tb.errors = append(tb.errors, text)
		tb.mu.Unlock()
	}
}

// noErrors fails the test if the console has errors.
func (tb *tab) noErrors() {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, text := range tb.errors {
		tb.t.Errorf("in the console: %s", text)
	}
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, limit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tb.t.Fatalf("%v\nthe page says:\n%s", err, tb.dump())
	}
}

// eval returns the value of an expression, which may be a promise.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until a condition holds, which it looks at after each change of the document.
func (tb *tab) wait(condition string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, limit)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise((resolve) => {
		const holds = () => { if (`+condition+`) { observer.disconnect(); resolve(true); } };
		const observer = new MutationObserver(holds);
		observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		holds();
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.t.Fatalf("waiting for %s: %v\nthe page says:\n%s", condition, err, tb.dump())
	}
}

// waitText waits until an element has a text in it.
func (tb *tab) waitText(selector, text string) {
	tb.t.Helper()
	tb.wait(fmt.Sprintf("document.querySelector(%s)?.textContent.includes(%s)", quote(selector), quote(text)))
}

// dump is what a person sees on the page.
func (tb *tab) dump() string {
	ctx, cancel := context.WithTimeout(tb.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

func quote(text string) string {
	b, _ := json.Marshal(text) // a string always marshals
	return string(b)
}

// text is the text of an element.
func (tb *tab) text(selector string) string {
	tb.t.Helper()
	return eval[string](tb, "document.querySelector("+quote(selector)+").innerText")
}

// css is a selector as chromedp takes it.
func css(selector string) chromedp.CSS { return chromedp.CSS(selector) }

func (tb *tab) click(selector string) {
	tb.t.Helper()
	tb.do(chromedp.Click(css(selector)))
}

// fill types text in place of what a field has.
func (tb *tab) fill(selector, text string) {
	tb.t.Helper()
	tb.click(selector)
	eval[bool](tb, "document.activeElement.select() ?? true")
	tb.do(chromedp.KeyEvent(text))
}

// choose chooses files.
func (tb *tab) choose(paths ...string) {
	tb.t.Helper()
	tb.do(chromedp.SetUploadFiles(css("#files"), paths))
}

// scheme sets what the person prefers, "light" or "dark".
func (tb *tab) scheme(name string) {
	tb.t.Helper()
	_, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		tb.t.Fatal(err)
	}
}

// screenshot writes a picture of the whole page to the folder that a variable names, to be
// looked at.
func (tb *tab) screenshot(name string) {
	tb.t.Helper()
	dir := os.Getenv("ISOHTTP_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		tb.t.Error(err)
	}
}

// contains fails the test if text lacks one of the parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in %q", part, text)
		}
	}
}
