// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"syscall/js"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

func TestNewRefusesWhatIsNoFetch(t *testing.T) {
	for what, v := range map[string]any{
		"a Go value": 7, "a number": js.ValueOf(7), "undefined": js.Undefined(), "an object without fetch": global.Get("Object").New(),
		"a getter that throws": strange()["proxy"],
	} {
		if b, err := New(&Options{Fetch: v}); b != nil || !errors.Is(err, driver.KindInvalid) {
			t.Errorf("%s: got %v, %v", what, b, err)
		}
	}
}

func TestNewFailsWithoutFetch(t *testing.T) {
	fetch := global.Get("fetch")
	defer global.Set("fetch", fetch)
	global.Set("fetch", js.Undefined())
	b, err := New(nil)
	var u *driver.Unsupported
	if b != nil || !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &u) || u.Feature != "fetch" {
		t.Errorf("got %v, %v", b, err)
	}
}

func TestServiceBinding(t *testing.T) {
	binding := global.Get("Object").New()
	binding.Set("self", "it")
	fetch := js.FuncOf(func(this js.Value, _ []js.Value) any {
		return global.Get("Promise").Call("resolve", newResponse(this.Get("self"), nil))
	})
	defer fetch.Release()
	binding.Set("fetch", fetch)
	resp, err := newBackend(t, binding).RoundTrip(request(t, t.Context(), "GET", nil))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(resp.Body); string(data) != "it" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestWhateverIsThrownIsAnError(t *testing.T) {
	for what, v := range strange() {
		if what != "undefined" { // a signal without a reason has one of its own
			_, err := newBackend(t, thrower(v)).RoundTrip(request(t, t.Context(), "GET", nil))
			checkError(t, what+" thrown", err, driver.KindNetwork)
		}
		b := newBackend(t, funcOf(t, func([]js.Value) any { return global.Get("Promise").Call("reject", v) }).Value)
		_, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		checkError(t, what+" as a rejection", err, driver.KindNetwork)
		settled(t, b)
	}
}

func TestWhateverIsReturnedIsAnError(t *testing.T) {
	for what, v := range strange() {
		// Both as the result of fetch and as the value of its promise.
		b := newBackend(t, funcOf(t, func([]js.Value) any { return v }).Value)
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if resp != nil || err == nil {
			t.Errorf("%s: got %v, %v", what, resp, err)
		}
		settled(t, b)
	}
	for what, fields := range map[string]map[string]any{
		"no headers":        {"status": 200},
		"body is 7":         {"status": 200, "headers": []any{}, "body": map[string]any{"getReader": 7}},
		"status is a text":  {"status": "200", "headers": []any{}},
		"status is too big": {"status": 1e9, "headers": []any{}},
		"status is 0":       {"status": 0, "headers": []any{}},
	} {
		b := newBackend(t, answer(t, func(string, js.Value) any { return fields }))
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if resp != nil || err == nil {
			t.Errorf("%s: got %v, %v", what, resp, err)
		}
	}
}

func TestHiddenResponses(t *testing.T) {
	for kind, want := range map[string]driver.Kind{
		"opaqueredirect": driver.KindUnsupported, "opaque": driver.KindUnsupported, "error": driver.KindNetwork, "basic": driver.KindProtocol,
	} {
		b := newBackend(t, answer(t, func(string, js.Value) any {
			return map[string]any{"status": 0, "type": kind, "headers": []any{}, "body": nil}
		}))
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if resp != nil || !errors.Is(err, want) {
			t.Errorf("%s: got %v, %v", kind, resp, err)
		}
	}
}

func TestDictionary(t *testing.T) {
	var url string
	var init js.Value
	b := newBackend(t, answer(t, func(u string, i js.Value) any {
		url, init = u, i
		return newResponse(nil, nil)
	}))
	send := func(ctx context.Context, method string) map[string]any {
		t.Helper()
		req := request(t, ctx, method, nil)
		req.Header["X-Bytes"] = []string{"caf\xe9 \"q\" \\", "second"}
		resp, err := b.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		m := map[string]any{}
		keys := global.Get("Object").Call("keys", init)
		for i := range keys.Length() {
			key := keys.Index(i).String()
			m[key] = init.Get(key).String()
		}
		return m
	}
	m := send(context.Background(), "GET")
	if url != "http://host.invalid/path?query" || m["method"] != "GET" {
		t.Errorf("got %q, %v", url, m)
	}
	if _, found := m["signal"]; found {
		t.Error("a signal where nothing can end the call early")
	}
	headers := global.Get("Headers").New(init.Get("headers"))
	if got := headers.Call("get", "x-bytes").String(); got != "caf\u00e9 \"q\" \\, second" {
		t.Errorf("header is %q", got)
	}
	f := b.platform.facts
	if got := m["redirect"]; f.page() && got != nil || !f.page() && got != "manual" {
		t.Errorf("redirect is %v", got)
	}
	if got := m["cache"]; f.noStore != (got == "no-store") {
		t.Errorf("cache is %v for GET", got)
	}
	if m := send(t.Context(), "POST"); m["cache"] != nil || m["signal"] == nil {
		t.Errorf("for POST: %v", m)
	}
	ctx := WithRequestInit(context.Background(), RequestInit{Cache: "reload", Redirect: "error", Credentials: "omit"})
	if m := send(ctx, "GET"); m["cache"] != "reload" || m["redirect"] != "manual" || m["credentials"] != "omit" {
		t.Errorf("with a RequestInit: %v", m)
	}
}

func TestRequestInitIsRefusedBeforeAnythingIsSent(t *testing.T) {
	calls := 0
	b := newBackend(t, answer(t, func(string, js.Value) any {
		calls++
		return newResponse(nil, nil)
	}))
	for want, inits := range map[driver.Kind][]RequestInit{
		driver.KindInvalid:     {{Mode: "x"}, {Priority: "x"}},
		driver.KindUnsupported: {{Mode: "no-cors"}},
	} {
		for _, init := range inits {
			closed := false
			req := request(t, WithRequestInit(t.Context(), init), "POST", nil)
			req.Body = closer{strings.NewReader("x"), &closed}
			if _, err := b.RoundTrip(req); !errors.Is(err, want) || !closed {
				t.Errorf("%+v: got %v, closed %v", init, err, closed)
			}
		}
	}
	_, err := b.RoundTrip(request(t, WithRequestInit(t.Context(), RequestInit{Priority: "high"}), "GET", nil))
	if known := b.platform.hasMember(member{"priority", "high"}); known != (err == nil) || (!known && !errors.Is(err, errors.ErrUnsupported)) {
		t.Errorf("priority is known: %v, but: %v", known, err)
	}
	if known := b.platform.hasMember(member{"nonsense", "high"}); known {
		t.Error("a member that nobody has is known")
	}
	if known := b.platform.hasMember(member{"mode", "cors"}); !known {
		t.Error("the mode cors is not known")
	}
	if calls > 1 {
		t.Errorf("fetch was called %d times", calls)
	}
}

func TestWrongArgumentsAreInvalid(t *testing.T) {
	b := newBackend(t, global.Get("fetch"))
	for name, value := range map[string]string{"X": "a\nb", "bad name": "x", "": "x"} {
		req := request(t, t.Context(), "GET", nil)
		req.Header[name] = []string{value}
		_, err := b.RoundTrip(req)
		checkError(t, name, err, driver.KindInvalid)
	}
	req := request(t, t.Context(), "GET", nil)
	req.Method = "BAD METHOD"
	_, err := b.RoundTrip(req)
	checkError(t, "method", err, driver.KindInvalid)
}

func TestResponseFields(t *testing.T) {
	b := newBackend(t, answer(t, func(string, js.Value) any {
		headers := global.Get("Headers").New()
		headers.Call("append", "x-multi", "a, b")
		headers.Call("append", "x-multi", "c")
		headers.Call("append", "x-latin", "caf\u00e9")
		headers.Call("append", "content-length", "4")
		return global.Get("Response").New("body", map[string]any{"status": 404, "statusText": "Gone F\u00efshing", "headers": headers})
	}))
	req := request(t, t.Context(), "GET", nil)
	resp, err := b.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	resp.Header.Del("Content-Type") // a Response of a text adds one
	want := http.Header{"X-Multi": {"a, b, c"}, "X-Latin": {"caf\xe9"}, "Content-Length": {"4"}}
	if resp.StatusCode != 404 || resp.Status != "404 Gone F\xefshing" || !reflect.DeepEqual(resp.Header, want) || resp.ContentLength != 4 || resp.Request != req || resp.Proto != "" {
		t.Errorf("got %+v", resp)
	}
	if data, err := io.ReadAll(resp.Body); string(data) != "body" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestVisibleLength(t *testing.T) {
	for _, test := range []struct {
		kind, coding string
		length       int64
		uncompressed bool
	}{
		{"basic", "", 4, false}, {"default", "", 4, false}, {"cors", "", -1, false},
		{"basic", "GZip", -1, true}, {"cors", "br", -1, true}, {"basic", "unknown", 4, false},
	} {
		b := newBackend(t, answer(t, func(string, js.Value) any {
			headers := []any{[]any{"content-length", "4"}}
			if test.coding != "" {
				headers = append(headers, []any{"content-encoding", test.coding})
			}
			return map[string]any{"status": 200, "type": test.kind, "headers": headers, "body": newSource(t, "bytes", nil, closeStream).stream}
		}))
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if err != nil {
			t.Fatal(err)
		}
		if resp.ContentLength != test.length || resp.Uncompressed != test.uncompressed || resp.Header.Get("Content-Length") != "4" {
			t.Errorf("%+v: got %d, %v, %v", test, resp.ContentLength, resp.Uncompressed, resp.Header)
		}
		resp.Body.Close()
		settled(t, b)
	}
}

func TestZstdThatThePlatformLeft(t *testing.T) {
	for body, decoded := range map[string]bool{zstdMagic + "the frame": false, "plain": true, "": true, "x": true} {
		var chunks []any
		for i := range len(body) { // one byte at a time
			chunks = append(chunks, bytesOf([]byte{body[i]}))
		}
		b := newBackend(t, answer(t, func(string, js.Value) any {
			return newResponse(newSource(t, "bytes", chunks, closeStream).stream, map[string]any{"content-encoding": "zstd"})
		}))
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		if resp.Uncompressed != decoded || string(data) != body || err != nil {
			t.Errorf("%q: decoded %v, got %q, %v", body, resp.Uncompressed, data, err)
		}
		resp.Body.Close()
	}
}

// What a platform does with Zstandard is found out, and then a response is not held back for it.
func TestZstdIsLearned(t *testing.T) {
	for body, decoded := range map[string]bool{zstdMagic + "the frame": false, "plain text": true} {
		begun := true
		b := newBackend(t, answer(t, func(string, js.Value) any {
			src := newSource(t, "bytes", []any{bytesOf([]byte(body))}, closeStream)
			if !begun { // a pull that gives nothing, and never will
				src = newSource(t, "bytes", nil, keepOpen)
			}
			return newResponse(src.stream, map[string]any{"content-encoding": "zstd"})
		}))
		for range zstdProofs {
			resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		begun = false
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if err != nil {
			t.Fatal(err)
		}
		if resp.Uncompressed != decoded {
			t.Errorf("%q: decoded %v", body, resp.Uncompressed)
		}
		resp.Body.Close()
	}
}

// An element that is no coding makes Node and Chromium leave all of them on.
func TestOddCodings(t *testing.T) {
	for _, c := range []struct {
		coding, body string
		decoded      bool
	}{
		{"gzip, identity", gzipMagic + "rest", false}, {"gzip, identity", "plain", true}, {"identity,gzip", gzipMagic, false},
		{",gzip", "plain", true}, {"gzip,", gzipMagic, false}, {"br, identity", "x", false}, {"identity", "x", false},
	} {
		b := newBackend(t, answer(t, func(string, js.Value) any {
			return newResponse(newSource(t, "bytes", []any{bytesOf([]byte(c.body))}, closeStream).stream,
				map[string]any{"content-encoding": c.coding, "content-length": strconv.Itoa(len(c.body))})
		}))
		resp, err := b.RoundTrip(request(t, t.Context(), "GET", nil))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.Uncompressed != c.decoded || (resp.ContentLength < 0) != c.decoded || string(data) != c.body || err != nil {
			t.Errorf("%q: decoded %v, length %d, got %q, %v", c.coding, resp.Uncompressed, resp.ContentLength, data, err)
		}
	}
}

func TestNoBodyByStatusOrMethod(t *testing.T) {
	for _, test := range []struct {
		method string
		status int
		length int64
	}{{"HEAD", 200, 9}, {"GET", 204, 0}, {"GET", 205, 0}, {"GET", 304, 0}} {
		src := newSource(t, "bytes", nil, keepOpen)
		b := newBackend(t, answer(t, func(string, js.Value) any {
			return map[string]any{"status": test.status, "type": "basic", "headers": []any{[]any{"content-length", "9"}}, "body": src.stream}
		}))
		resp, err := b.RoundTrip(request(t, t.Context(), test.method, nil))
		if err != nil {
			t.Fatal(err)
		}
		<-src.canceled
		if data, err := io.ReadAll(resp.Body); len(data) > 0 || err != nil || resp.ContentLength != test.length || resp.Uncompressed {
			t.Errorf("%+v: got %q, %v, %d", test, data, err, resp.ContentLength)
		}
		settled(t, b)
	}
}

func TestFinalURL(t *testing.T) {
	b := newBackend(t, answer(t, func(string, js.Value) any {
		return map[string]any{"status": 200, "type": "basic", "headers": []any{}, "body": nil, "redirected": true, "url": "http://other.invalid/final?x"}
	}))
	req := request(t, t.Context(), "POST", strings.NewReader("x"))
	resp, err := b.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Request == req || resp.Request.URL.String() != "http://other.invalid/final?x" || resp.Request.Body != nil || req.URL.Host != "host.invalid" {
		t.Errorf("got %+v", resp.Request)
	}
}

func TestRefusedMethodOverride(t *testing.T) {
	b := newBackend(t, answer(t, func(string, js.Value) any { return newResponse(nil, nil) }))
	for value, refused := range map[string]bool{"PATCH": false, "trace": true, "GET, connect ": true} {
		req := request(t, t.Context(), "POST", nil)
		req.Header.Set("X-HTTP-Method-Override", value)
		_, err := b.RoundTrip(req)
		if want := refused && b.platform.facts.page(); want != errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

// A platform that is told to follow redirects does not show them, and one that is to outlive the
// page with its requests streams none.
func TestCapabilitiesOfOptions(t *testing.T) {
	follows := newBackend(t, global.Get("fetch"), func(o *Options) { o.Init.Redirect = "follow" })
	if follows.Capabilities().Has(driver.RedirectExpose) {
		t.Error("it follows, and says that it shows redirects")
	}
	keeps := newBackend(t, global.Get("fetch"), func(o *Options) { o.Init.Keepalive = true })
	if keeps.Capabilities().Has(driver.UploadStream) {
		t.Error("it keeps requests alive, and says that it streams them")
	}
}

func TestCapabilitiesOfThePlatform(t *testing.T) {
	b := newBackend(t, global.Get("fetch"))
	caps, page := b.Capabilities(), b.platform.facts.page()
	if caps.Has(driver.RedirectExpose) == page || caps.Has(driver.HeaderSetCookie) == page || caps.ForbidsHeader("Via") != page ||
		caps.ForbidsHeader("sec-anything") != page || caps.Has(driver.UploadStream) == page || !caps.ForbidsHeader("Accept-Encoding") {
		t.Errorf("page %v has %v", page, caps)
	}
}
