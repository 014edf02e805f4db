// SPDX-License-Identifier: MIT

package transport

import (
	"net/http"
	"sync"
)

// hops makes one count of the counts of a call's exchanges. A nil hops does nothing.
type hops struct {
	report func(Progress)

	mu    sync.Mutex
	last  Progress
	quiet bool // while the body of a redirect is read, which nobody gets
}

// overHops returns req with a Progress that goes on over redirects, if it has one.
func overHops(req *http.Request) (*http.Request, *hops) {
	opts, ok := req.Context().Value(requestOptionsKey{}).(*carried)
	if !ok || opts.Progress == nil {
		return req, nil
	}
	h := &hops{report: opts.Progress}
	inner := *opts
	inner.Progress = h.add
	return req.WithContext(withCarried(req.Context(), &inner)), h
}

// add reports how far the call has come. What a hop sends once more is not counted again.
func (h *hops) add(p Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.quiet {
		return
	}
	if p.Sent < h.last.Sent {
		p.Sent, p.SentTotal = h.last.Sent, h.last.SentTotal
	}
	if p != h.last {
		h.last = p
		h.report(p)
	}
}

func (h *hops) pause(quiet bool) {
	if h != nil {
		h.mu.Lock()
		h.quiet = quiet
		h.mu.Unlock()
	}
}
