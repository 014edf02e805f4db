// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing/iotest"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// contextFailures are those of contexts that end. They come first, before another failure
// opens the gate that some of them wait at.
func (t *T) contextFailures() map[string]failure {
	read := func(ctx context.Context, cancel func()) error {
		resp, err := t.Try(t.secretGet(t.URL("gate")).WithContext(ctx))
		if err != nil {
			return err
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
			return err
		}
		cancel()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	soon := func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(t.Context(), 100*time.Millisecond)
	}
	late := func(req *http.Request) failure {
		return failure{run: func() error {
			ctx, cancel := soon()
			defer cancel()
			_, err := t.Try(req.WithContext(ctx))
			return err
		}}
	}
	return map[string]failure{
		"CX before": {run: func() error {
			ctx, cancel := t.cancelable()
			cancel()
			_, err := t.Try(t.secretGet(t.URL("echo")).WithContext(ctx))
			return err
		}},
		"CX connecting":             late(t.secretGet(t.Addresses().Silent)),
		"CX TLS":                    late(t.secretGet(strings.Replace(t.Addresses().Silent, "http:", "https:", 1))),
		"CX waiting for the header": late(t.secretGet(t.URL("delay", "ms", "3000"))),
		"CX in the header":          late(t.secretGet(t.URL("script", "name", "half-header"))),
		"CX reading": {run: func() error {
			ctx, cancel := t.cancelable()
			return read(ctx, cancel)
		}},
		"CX reading, deadline": {run: func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			return read(ctx, func() {})
		}},
		"CX uploading": {run: func() error {
			ctx, cancel := soon()
			defer cancel()
			r, w := io.Pipe()
			defer w.Close()
			_, err := t.Try(t.secretRequest(http.MethodPost, t.URL("echo"), r).WithContext(ctx))
			return err
		}},
	}
}

// redirectFailures are those of answers that lead elsewhere. In pages the platform follows.
func (t *T) redirectFailures() map[string]failure {
	to := func(location string) *http.Request {
		return t.secretRequest(http.MethodPost, t.redirectURL("307", location), strings.NewReader("body"))
	}
	follow := func(location string) failure {
		return failure{run: func() error {
			_, err := t.TryDo(to(location))
			return err
		}}
	}
	list := map[string]failure{
		"RD malformed": follow("http://[" + secretLocation),
		"RD escape":    follow("/%zz" + secretLocation),
		"RD scheme":    follow("ftp://127.0.0.1/" + secretLocation),
		"RD port":      follow("http://127.0.0.1:99999/" + secretLocation),
		"RD refused":   follow(strings.Replace(t.Addresses().Dead, "//", "//"+secretUser+":"+secretLocation+"@", 1) + "/" + secretLocation + "?sig=" + secretLocation),
		"RD loop": {run: func() error {
			_, err := t.TryDo(t.secretGet(t.URL("redirect", "loop", "1")))
			return err
		}},
	}
	list["RD escape"] = list["RD escape"].leniently() // the URL standard lets it pass
	if !t.Has(driver.RedirectExpose) {
		list["RD hidden"] = failure{run: func() error {
			tr, err := t.New(Config{Redirect: "manual"})
			if err == nil {
				_, err = t.TryOn(tr, to(t.URL("echo")+"/"+secretLocation))
			}
			return err
		}}
	}
	if t.Has(driver.RedirectFollow) {
		list["RD by the platform"] = failure{run: func() error {
			tr, err := t.New(Config{Redirect: "follow"})
			if err == nil {
				_, err = t.TryOn(tr, to(t.Addresses().Dead+"/"+secretLocation))
			}
			return err
		}}
	}
	return list
}

// uploadFailures are those of request bodies. What a reader says itself is the caller's.
func (t *T) uploadFailures() map[string]failure {
	post := func(length int64, body io.Reader) *http.Request {
		req := t.secretRequest(http.MethodPost, t.URL("echo"), body)
		req.ContentLength = length
		return req
	}
	failing := errors.New("the reader has had enough")
	return map[string]failure{
		"UP short":     t.fails(post(10, unsized([]byte("short")))),
		"UP long":      t.fails(post(3, unsized([]byte("long")))),
		"UP failing":   t.fails(post(-1, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(failing)))),
		"UP panicking": t.fails(post(-1, panicking{})),
		"UP no body":   t.fails(post(5, nil)),
		"UP limit": {run: func() error {
			tr, err := t.New(Config{Config: driver.Config{MaxBufferedBody: 10}})
			if err == nil {
				_, err = t.TryOn(tr, post(-1, unsized(make([]byte, 100))))
			}
			return err
		}, lenient: true}, // where bodies are streamed
		"UP reset": t.fails(t.secretRequest(http.MethodPost, t.URL("script", "name", "reset"), unsized(make([]byte, 1<<20)))),
	}
}

// panicking is a reader that does not do what readers do.
type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("the reader has had enough") }
