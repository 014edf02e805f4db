// SPDX-License-Identifier: MIT

package jsfetch

import "syscall/js"

// slot is a pair of callbacks for one promise at a time. Making and releasing a js.Func
// costs as much as the rest of a wait, so slots are pooled. A slot goes back to the
// pool only when its promise has settled: until then JavaScript holds the callbacks.
type slot struct {
	resolve, reject js.Func  // owned by the slot, released by release
	pair            js.Value // [resolve, reject], the arguments of then
	done            chan outcome

	// Guarded by Runtime.mu.
	abandoned bool
	late      func(js.Value)
}

type outcome struct {
	value    js.Value
	rejected bool
}

func (r *Runtime) takeSlot() *slot {
	r.mu.Lock()
	r.waiting++
	if n := len(r.slots); n > 0 {
		s := r.slots[n-1]
		r.slots = r.slots[:n-1]
		r.mu.Unlock()
		return s
	}
	r.mu.Unlock()
	s := &slot{done: make(chan outcome, 1)}
	s.resolve = js.FuncOf(func(_ js.Value, args []js.Value) any {
		r.settle(s, args, false)
		return nil
	})
	s.reject = js.FuncOf(func(_ js.Value, args []js.Value) any {
		r.settle(s, args, true)
		return nil
	})
	s.pair = js.ValueOf([]any{s.resolve, s.reject})
	return s
}

func (r *Runtime) putSlot(s *slot) {
	r.mu.Lock()
	r.waiting--
	s.abandoned, s.late = false, nil
	full := len(r.slots) >= maxIdleSlots
	if !full {
		r.slots = append(r.slots, s)
	}
	r.mu.Unlock()
	if full {
		s.release()
	}
}

func (s *slot) release() {
	s.resolve.Release()
	s.reject.Release()
}

// settle is what JavaScript calls. It does not block.
func (r *Runtime) settle(s *slot, args []js.Value, rejected bool) {
	o := outcome{js.Undefined(), rejected}
	if len(args) > 0 {
		o.value = args[0]
	}
	r.mu.Lock()
	if !s.abandoned {
		s.done <- o // has room: a promise settles once
		r.mu.Unlock()
		return
	}
	late := s.late
	r.mu.Unlock()
	r.putSlot(s)
	if late != nil && !rejected {
		late(o.value)
	}
}

// await waits until p has settled, or until one of the channels is closed, which it
// reports by false. Then late is called with the value if p is fulfilled after all; it
// must not block.
func (r *Runtime) await(p js.Value, stop, quit <-chan struct{}, late func(js.Value)) (js.Value, *Exception, bool) {
	s := r.takeSlot()
	// The native then, for it calls back at most once. What is no promise of this
	// realm throws here and is made one.
	if _, exc := r.invoke(r.reflectApply, r.promiseThen, p, s.pair); exc != nil {
		p, exc = r.call(r.promise, "resolve", p)
		if exc == nil {
			_, exc = r.invoke(r.reflectApply, r.promiseThen, p, s.pair)
		}
		if exc != nil {
			r.putSlot(s)
			return js.Undefined(), exc, true
		}
	}
	select {
	case o := <-s.done:
		r.putSlot(s)
		return r.result(o)
	case <-stop:
	case <-quit:
	}
	r.mu.Lock()
	select {
	case o := <-s.done: // both at once: what has arrived counts
		r.mu.Unlock()
		r.putSlot(s)
		return r.result(o)
	default:
	}
	s.abandoned, s.late = true, late
	r.mu.Unlock()
	return js.Undefined(), nil, false
}

func (r *Runtime) result(o outcome) (js.Value, *Exception, bool) {
	if o.rejected {
		return js.Undefined(), r.describe(o.value), true
	}
	return o.value, nil, true
}

// forget marks a promise as handled: a rejection nobody handles ends the process in
// Node.
func (r *Runtime) forget(p js.Value) {
	if typeOf(p) == js.TypeObject {
		r.call(p, "then", r.noop, r.noop)
	}
}
