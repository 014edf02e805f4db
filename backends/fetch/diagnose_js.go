// SPDX-License-Identifier: MIT

package fetch

import (
	"context"

	"github.com/isohttp/isohttp/transport/driver"
)

// answers reports whether a HEAD request of a mode gets a response, hidden or not.
func (p platform) answers(ctx context.Context, url, mode string) (bool, error) {
	if mode == "no-cors" && !p.facts.page() {
		return false, nil // a server-side runtime hides nothing
	}
	x := &exchange{platform: p, ctx: ctx, url: url, method: "HEAD", secrets: func() []string { return nil }}
	if err := driver.ContextError(ctx, driver.OpSend, name); err != nil {
		return false, err
	}
	if ctx.Done() != nil {
		if err := x.makeAbort(); err != nil {
			return false, err
		}
	}
	init := `{"method":"HEAD"}`
	if p.facts.page() { // members that some server-side runtimes reject
		init = `{"method":"HEAD","mode":"` + mode + `","credentials":"omit","cache":"no-store"}`
	}
	call, exc := p.rt.Start(url, init, x.abort, nil)
	if exc != nil {
		return false, nil
	}
	resp, exc, ok := call.Wait(ctx.Done())
	if !ok {
		x.stop()
	}
	if err := driver.ContextError(ctx, driver.OpSend, name); err != nil {
		return false, err
	}
	if exc != nil {
		return false, nil
	}
	resp.Cancel()
	return true, nil
}
