// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/tetratelabs/wazero"
)

// TestIsolation checks that a handle of one guest means nothing in another, and that closing
// one leaves the other alone.
func TestIsolation(t *testing.T) {
	srv := newServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	rt := newRuntime(t)
	h := newHost(t, rt, &Config{Grants: mustGrants(t, srv.URL)})
	a, b := runScript(t, rt, h, reallocBump), runScript(t, rt, h, reallocBump)
	f := a.fields("a", "b")
	b.trap(unknown, "[resource-drop]fields", f)
	resp := b.response(message{}.to(srv.URL))
	before := h.Handles()
	a.mod.Close(context.Background())
	if n := h.Handles(); n != before-1 {
		t.Errorf("%d handles, want %d", n, before-1)
	}
	if data, c := b.readAll(resp); data != "fine" || c != 0 {
		t.Errorf("%q, %d", data, c)
	}
	b.wantNoHandles()
}

// TestRelease ends an exchange in every way that a guest, its embedder or the runtime can
// end it, at every stage, and checks that the exchange's context ends and nothing is left.
func TestRelease(t *testing.T) {
	type setup struct {
		s            *script
		rt           wazero.Runtime
		future, body uint64
		in, stream   uint64
	}
	ends := map[string]func(x setup){
		"close the module":  func(x setup) { x.s.mod.Close(x.s.ctx) },
		"close the runtime": func(x setup) { x.rt.Close(x.s.ctx) },
		"close the host":    func(x setup) { x.s.host.Close(x.s.ctx) },
		"drop": func(x setup) {
			if x.future != 0 {
				x.s.call("[resource-drop]future-incoming-response", x.future)
			}
			if x.stream != 0 {
				x.s.call("[resource-drop]input-stream", x.stream)
			}
			if x.in != 0 {
				x.s.call("[resource-drop]incoming-body", x.in)
			}
		},
	}
	stages := map[string]func(x *setup){
		"waiting": func(x *setup) {
			x.future, _, _ = x.s.send(message{path: "/wait"}.to("http://127.0.0.1"))
		},
		"uploading": func(x *setup) {
			x.future, _, x.body = x.s.send(message{method: "PUT", path: "/upload", body: true}.to("http://127.0.0.1"))
			x.s.write(x.s.outStream(x.body), "part")
		},
		"downloading": func(x *setup) {
			x.in, x.stream = x.s.open(x.s.response(message{}.to("http://127.0.0.1")))
			x.s.read(x.stream, 10)
		},
		"draining": func(x *setup) {
			x.in, x.stream = x.s.open(x.s.response(message{}.to("http://127.0.0.1")))
			x.s.call("[resource-drop]input-stream", x.stream)
			x.s.call("[static]incoming-body.finish", x.in)
			x.in, x.stream = 0, 0
		},
	}
	for stage, begin := range stages {
		for how, end := range ends {
			if stage == "draining" && how == "drop" {
				continue // what is left to drop has no place in setup
			}
			t.Run(stage+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var requestEnded, bodyClosed bool
					rt := newRuntime(t)
					h := newHost(t, rt, &Config{
						Grants: mustGrants(t, "http://127.0.0.1:80"),
						RoundTripper: roundTripFunc(func(req *http.Request) (*http.Response, error) {
							context.AfterFunc(req.Context(), func() { requestEnded = true })
							switch req.URL.Path {
							case "/wait":
								<-req.Context().Done()
								return nil, req.Context().Err()
							case "/upload":
								_, err := io.Copy(io.Discard, req.Body)
								return nil, err
							}
							src := new(countingBody)
							context.AfterFunc(req.Context(), func() {})
							return &http.Response{StatusCode: 200, Header: http.Header{}, Body: closing{src, &bodyClosed}, ContentLength: -1}, nil
						}),
					})
					x := setup{s: runScript(t, rt, h, reallocBump), rt: rt}
					begin(&x)
					end(x)
					synctest.Wait()
					if !requestEnded {
						t.Error("the request's context has not ended")
					}
					if (stage == "downloading" || stage == "draining") && !bodyClosed {
						t.Error("the response body was not closed")
					}
					if how != "drop" {
						x.s.wantNoHandles()
					}
					if n := h.running; n != 0 {
						t.Errorf("%d goroutines are left", n)
					}
				})
			})
		}
	}
}

type closing struct {
	*countingBody
	closed *bool
}

func (c closing) Close() error {
	*c.closed = true
	return c.countingBody.Close()
}

// TestWaitEnds checks that a guest that waits in poll goes no further when its call is
// canceled or it is closed.
func TestWaitEnds(t *testing.T) {
	for name, end := range map[string]func(s *script, cancel func()){
		"canceled": func(_ *script, cancel func()) { cancel() },
		"closed":   func(s *script, _ func()) { s.mod.CloseWithExitCode(s.ctx, 3) },
		"host":     func(s *script, _ func()) { go s.host.Close(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, nil)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				s.ctx = ctx
				p := s.call("subscribe-duration", 1<<62)
				ended := make(chan error, 1)
				go func() {
					_, err := s.try("[method]pollable.block", p)
					ended <- err
				}()
				synctest.Wait()
				end(s, cancel)
				if err := <-ended; err == nil {
					t.Error("the wait ended well")
				}
			})
		})
	}
}
