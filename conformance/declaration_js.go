// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"syscall/js"
)

// engine returns the name and the version of what runs the program.
func engine() (name, version string) {
	if versions := js.Global().Get("process"); versions.Type() == js.TypeObject {
		if versions = versions.Get("versions"); versions.Type() == js.TypeObject {
			for _, name := range []string{"deno", "bun", "node"} { // the others say that they are Node, too
				if v := versions.Get(name); v.Type() == js.TypeString {
					return name, v.String()
				}
			}
		}
	}
	navigator := js.Global().Get("navigator")
	if navigator.Type() != js.TypeObject {
		return "", ""
	}
	agent := navigator.Get("userAgent").String()
	for _, b := range [][2]string{{"Firefox/", "firefox"}, {"Chrome/", "chromium"}, {"Version/", "webkit"}} {
		if _, rest, ok := strings.Cut(agent, b[0]); ok {
			version, _, _ = strings.Cut(rest, " ")
			return b[1], version
		}
	}
	return agent, "" // workerd's is "Cloudflare-Workers"
}

// probe finds out what the platform's own fetch does.
func (r *run) probe(ctx context.Context, f *found) error {
	f.StreamUpload = streamsRequests(r.witness.addrs.Main)
	url := ScenarioURL(r.witness.addrs.Other, rand.Text(), "headers", "cors", "no-expose", "X-Test", "a")
	resp, err := await(js.Global().Call("fetch", url))
	if err != nil {
		return err
	}
	f.AllHeaders = resp.Get("headers").Call("has", "X-Test").Bool()
	token := rand.Text()
	controller := js.Global().Get("AbortController").New()
	options := js.Global().Get("Object").New()
	options.Set("signal", controller.Get("signal"))
	if _, err := await(js.Global().Call("fetch", ScenarioURL(r.witness.addrs.Other, token, "endless"), options)); err != nil {
		return err
	}
	controller.Call("abort")
	f.Abort = r.sees(ctx, token, EventGone)
	return nil
}

// streamsRequests reports whether a Request takes a stream as a stream, and not its text.
func streamsRequests(url string) bool {
	stream := js.Global().Get("ReadableStream")
	if stream.Type() != js.TypeFunction {
		return false
	}
	asked := false
	duplex := js.FuncOf(func(js.Value, []js.Value) any {
		asked = true
		return "half"
	})
	defer duplex.Release()
	property := js.Global().Get("Object").New()
	property.Set("get", duplex)
	options := js.Global().Get("Object").New()
	options.Set("method", "POST")
	options.Set("body", stream.New())
	js.Global().Get("Object").Call("defineProperty", options, "duplex", property)
	request := js.Global().Get("Request").New(url, options)
	return asked && !request.Get("headers").Call("has", "Content-Type").Bool()
}

// await waits for a promise.
func await(promise js.Value) (js.Value, error) {
	type settled struct {
		value js.Value
		err   error
	}
	got := make(chan settled, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- settled{value: args[0]}
		return nil
	})
	failed := js.FuncOf(func(js.Value, []js.Value) any {
		got <- settled{err: errors.New("the platform's fetch failed")}
		return nil
	})
	defer done.Release()
	defer failed.Release()
	promise.Call("then", done, failed)
	s := <-got
	return s.value, s.err
}
