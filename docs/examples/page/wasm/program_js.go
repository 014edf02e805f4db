// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"syscall/js"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/docs/examples/page/internal/requestlog"
	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

const (
	// headerLimit is how long a service may think about one request.
	headerLimit = time.Minute

	// callLimit bounds calls that move little data. Transfers have no limit: they have a
	// button.
	callLimit = 30 * time.Second
)

// program has what all calls share. It holds no key: each call brings its own.
type program struct {
	transport *transport.Transport
	tell      js.Value // the page's function for the request log; undefined without
}

func newProgram() (*program, error) {
	p := new(program)
	t, err := transport.New(&transport.Options{
		Wrap:                  requestlog.Wrap(p.log),
		ResponseHeaderTimeout: headerLimit,
	})
	p.transport = t
	return p, err
}

// functions returns the object that the page calls. Its functions live as long as the
// page, so they are never released.
func (p *program) functions() js.Value {
	object := js.Global().Get("Object").New()
	for name, call := range map[string]call{
		"detect":   {language, p.detect, callLimit},
		"list":     {storage, p.list, callLimit},
		"create":   {storage, p.create, callLimit},
		"remove":   {storage, p.remove, callLimit},
		"upload":   {storage, p.upload, 0},
		"download": {storage, p.download, 0},
	} {
		object.Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any {
			in := js.Undefined()
			if len(args) > 0 {
				in = args[0]
			}
			return promise(func() (any, error) { return call.run(in) })
		}))
	}
	object.Set("onRequest", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) > 0 && args[0].Type() == js.TypeFunction {
			p.tell = args[0]
		}
		return nil
	}))
	return object
}

// call is a function of the page.
type call struct {
	service func(in js.Value) target
	do      func(ctx context.Context, in js.Value) (any, error)
	limit   time.Duration
}

// run performs the call, and turns what goes wrong into a *trouble.Trouble.
func (c call) run(in js.Value) (any, error) {
	ctx, done := signalContext(in.Get("signal"))
	defer done()
	if c.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.limit)
		defer cancel()
	}
	out, err := c.do(ctx, in)
	if err == nil {
		return out, nil
	}
	service := c.service(in)
	return nil, trouble.Explain(ctx, err, service.Service, service.page())
}

// options are the SDK's options of every client. Two more tries are enough while
// somebody is waiting.
func (p *program) options() policy.ClientOptions {
	return azure.ClientOptions(p.transport, policy.ClientOptions{
		Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: 300 * time.Millisecond},
	})
}

// log hands an entry of the request log to the page.
func (p *program) log(e requestlog.Entry) {
	if p.tell.IsUndefined() {
		return
	}
	defer func() { recover() }() // what the page's script throws must not end the program
	p.tell.Invoke(map[string]any{
		"id":       float64(e.ID),
		"start":    float64(e.Start.UnixMilli()),
		"method":   e.Method,
		"target":   e.Target,
		"over":     e.Over,
		"status":   e.Status,
		"ms":       float64(e.Duration) / float64(time.Millisecond),
		"sent":     float64(e.Sent),
		"received": float64(e.Received),
		"failure":  e.Failure,
	})
}
