// SPDX-License-Identifier: MIT

package wasi

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/isohttp/isohttp/backends/wasi/internal/wit"
)

// loop is the one reactor of the program. A wait in the host stops every goroutine, so
// two of them would wait for each other.
var loop reactor

const (
	// The reactor does not wait longer in the host than this, because timers and
	// goroutines that a timer wakes wait with it: it begins with minCap, and doubles
	// it while nothing happens.
	minCap = time.Millisecond
	maxCap = 20 * time.Millisecond
)

// waiter is a pollable that a goroutine may wait for, again and again. The exchange it
// is part of owns the pollable.
type waiter struct {
	pollable wit.Pollable // 0 before the first wait
	deadline time.Time    // of the exchange's context; zero for none
	fired    chan struct{}
	index    int // in reactor.waiting, plus one; 0 when not there
}

// reactor waits in the host for all goroutines of the program that wait for something.
// Its goroutine exists while there are any.
type reactor struct {
	mu      sync.Mutex
	waiting []*waiter
	running bool

	// What follows is used by the goroutine only, and kept for its next run.
	list   []wit.Pollable
	out    []uint32
	polled []*waiter
	gauge  []metrics.Sample
}

// add begins a wait: w.fired gets a value when its pollable is ready.
func (r *reactor) add(w *waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.index != 0 {
		return
	}
	if w.fired == nil {
		w.fired = make(chan struct{}, 1)
	}
	select {
	case <-w.fired: // left over from a wait that nobody saw the end of
	default:
	}
	r.waiting = append(r.waiting, w)
	w.index = len(r.waiting)
	if !r.running {
		r.running = true
		go r.run()
	}
}

// remove ends a wait. Afterwards the host is not asked for the pollable any more, and it
// may be dropped.
func (r *reactor) remove(w *waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.removeLocked(w)
}

func (r *reactor) removeLocked(w *waiter) {
	if w.index == 0 {
		return
	}
	last := len(r.waiting) - 1
	moved := r.waiting[last]
	r.waiting[w.index-1] = moved
	moved.index = w.index
	r.waiting[last] = nil
	r.waiting = r.waiting[:last]
	w.index = 0
}

func (r *reactor) run() {
	limit := minCap
	quiet := time.Duration(1 << 62) // what Gosched takes when nobody else runs
	for {
		begin := time.Now()
		runtime.Gosched() // everybody who can run does, and expired timers fire
		took := time.Since(begin)
		quiet = min(quiet, took)
		if took > 3*quiet+10*time.Microsecond {
			limit = minCap // somebody did
		}
		fired, ok := r.poll(limit)
		switch {
		case !ok:
			return
		case fired:
			limit = minCap
		default:
			limit = min(2*limit, maxCap)
		}
	}
}

// poll waits in the host, not longer than limit, and wakes who can go on. Without anything
// to wait for it ends the reactor. It has the lock all the time: an allocation may let
// another goroutine run, which must not drop a pollable that is in the list.
func (r *reactor) poll(limit time.Duration) (fired, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		r.running = false
		return false, false
	}
	r.list, r.polled = r.list[:0], append(r.polled[:0], r.waiting...)
	var first time.Time
	for _, w := range r.waiting {
		r.list = append(r.list, w.pollable)
		if !w.deadline.IsZero() && (first.IsZero() || w.deadline.Before(first)) {
			first = w.deadline
		}
	}
	if n := len(r.list) + 1; cap(r.out) < n {
		r.out = make([]uint32, 2*n)
	}
	if !first.IsZero() {
		limit = min(limit, time.Until(first))
	}
	if r.runnable() {
		limit = 0
	}
	clock := wit.After(limit)
	r.list = append(r.list, clock)
	ready := wit.Poll(r.list, r.out[:len(r.list)])
	clock.Drop()
	for _, i := range ready {
		if int(i) >= len(r.polled) {
			continue // the clock
		}
		w := r.polled[i]
		r.removeLocked(w)
		w.fired <- struct{}{} // there is room: add has emptied it
		fired = true
	}
	clear(r.polled)
	return fired, true
}

// runnable reports whether a goroutine could run now. One Gosched usually leaves none, but
// the scheduler looks at its global queue first every now and then.
func (r *reactor) runnable() bool {
	if r.gauge == nil {
		r.gauge = []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
	}
	metrics.Read(r.gauge)
	return r.gauge[0].Value.Kind() == metrics.KindUint64 && r.gauge[0].Value.Uint64() > 0
}
