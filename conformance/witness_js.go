// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall/js"
)

// inPage reports whether the program runs in a page.
func inPage() bool { return !js.Global().Get("document").IsUndefined() }

// observer returns the way to the origin that does not go through the transport under test.
func observer() http.RoundTripper { return plainFetch{} }

// plainFetch is the platform's fetch in its simplest form.
type plainFetch struct{}

func (plainFetch) RoundTrip(req *http.Request) (*http.Response, error) {
	type answer struct {
		status int
		body   string
		err    error
	}
	got := make(chan answer, 1)
	status := 0
	onText := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- answer{status: status, body: args[0].String()}
		return nil
	})
	onResponse := js.FuncOf(func(_ js.Value, args []js.Value) any {
		status = args[0].Get("status").Int()
		return args[0].Call("text")
	})
	onError := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- answer{err: errors.New("the platform's fetch of the event log failed")}
		return nil
	})
	defer onText.Release()
	defer onResponse.Release()
	defer onError.Release()
	options := js.Global().Get("Object").New()
	options.Set("cache", "no-store")
	js.Global().Call("fetch", req.URL.String(), options).Call("then", onResponse).Call("then", onText, onError)
	a := <-got
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: req}, nil
}

// countReferences returns how many JavaScript values the program refers to, where its runner
// tells.
func countReferences() (int, bool) {
	count := js.Global().Get("goReferences")
	if count.Type() != js.TypeFunction {
		return 0, false
	}
	return count.Invoke().Int(), true
}
