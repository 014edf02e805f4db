// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// trap is what a guest that breaks a rule is stopped with. Host functions panic with
// it; wazero turns that into the error of the guest's call.
type trap string

func (t trap) Error() string { return "wasi:http host: " + string(t) }

// guest is what the Host keeps for one guest module.
type guest struct {
	host    *Host
	mod     api.Module
	mem     api.Memory
	realloc api.Function // the guest's cabi_realloc, looked up when first needed

	table     table
	exchanges atomic.Int64

	// wake has a token when something that a pollable may wait for has changed.
	wake chan struct{}
	// closing is closed when the guest is.
	closing chan struct{}
	closed  atomic.Bool

	// The rest belongs to the call in progress; busy is true during one.
	busy  atomic.Bool
	ctx   context.Context
	timer *time.Timer
	args  [4]uint64
}

func newGuest(h *Host, mod api.Module) *guest {
	return &guest{
		host:    h,
		mod:     mod,
		mem:     memoryOf(mod),
		table:   table{limit: h.limits.Handles},
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
	}
}

// memoryOf returns the guest's memory, or nil. A module without one has a Memory that
// is a nil pointer inside of a non-nil interface.
func memoryOf(mod api.Module) (mem api.Memory) {
	defer func() {
		if recover() != nil {
			mem = nil
		}
	}()
	m := mod.Memory()
	m.Size()
	return m
}

// close releases what the guest holds.
func (g *guest) close() {
	if g.closed.Swap(true) {
		return
	}
	close(g.closing)
	for _, v := range g.table.close() {
		if r, ok := v.(releaser); ok {
			r.release()
		}
	}
}

// bind makes a host function of f: it finds the guest and keeps its calls apart. A
// second call while one is in progress comes from a cabi_realloc that calls back, or
// from a program that uses one module in two goroutines; neither is allowed.
//
// The upper half of a value on wazero's stack means nothing when the value is an i32, and
// is cleared here, so that f can compare.
func (h *Host) bind(f function) api.GoModuleFunction {
	return api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
		g := h.guest(mod)
		if !g.busy.CompareAndSwap(false, true) {
			panic(trap("a call was made during another one"))
		}
		g.ctx = ctx
		defer g.busy.Store(false)
		for i, t := range f.params {
			if t == api.ValueTypeI32 {
				stack[i] = uint64(uint32(stack[i]))
			}
		}
		f.call(g, stack)
	})
}

// notify wakes the guest if it waits in poll.
func (g *guest) notify() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// wait returns when something may have changed, or at the given time if that is not
// zero. A guest whose call has been canceled, or that was closed, gets no further.
func (g *guest) wait(until time.Time) {
	var fire <-chan time.Time
	if !until.IsZero() {
		d := time.Until(until)
		if d <= 0 {
			return
		}
		if g.timer == nil {
			g.timer = time.NewTimer(d)
		} else {
			g.timer.Reset(d)
		}
		defer g.timer.Stop()
		fire = g.timer.C
	}
	select {
	case <-g.wake:
	case <-fire:
	case <-g.closing:
		panic(g.exit())
	case <-g.ctx.Done():
		if g.mod.IsClosed() {
			panic(g.exit())
		}
		panic(context.Cause(g.ctx))
	}
}

// exit is what ends a guest that was closed from outside while it waited.
func (g *guest) exit() error {
	if g.mod.IsClosed() {
		return sys.NewExitError(sys.ExitCodeContextCanceled)
	}
	return trap("the host is closed")
}

// get returns the value behind a handle of the guest.
func get[T any](g *guest, handle uint64) T {
	v, ok := g.table.get(uint32(handle)).(T)
	if !ok {
		panic(trap("a handle of another resource type"))
	}
	return v
}

// take removes a handle and returns its value.
func take[T any](g *guest, handle uint64) T {
	get[T](g, handle)
	return g.table.take(uint32(handle)).(T)
}

// drop is the body of every resource-drop function.
func drop[T any](g *guest, s []uint64) {
	if r, ok := any(take[T](g, s[0])).(releaser); ok {
		r.release()
	}
}

// view returns a part of the guest's memory. It is valid until the guest runs again.
func (g *guest) view(ptr, n uint64) []byte {
	if g.mem == nil {
		panic(trap("the guest has no memory"))
	}
	b, ok := g.mem.Read(uint32(ptr), uint32(n))
	if !ok {
		panic(trap("a pointer outside of the guest's memory"))
	}
	return b
}

func (g *guest) str(ptr, n uint64) string { return string(g.view(ptr, n)) }

func (g *guest) put8(ptr uint64, v uint8)   { g.view(ptr, 1)[0] = v }
func (g *guest) put32(ptr uint64, v uint32) { binary.LittleEndian.PutUint32(g.view(ptr, 4), v) }
func (g *guest) put64(ptr uint64, v uint64) { binary.LittleEndian.PutUint64(g.view(ptr, 8), v) }

// alloc asks the guest for n bytes in its memory.
func (g *guest) alloc(n, align uint32) uint64 {
	if n == 0 {
		return uint64(align)
	}
	if g.realloc == nil {
		for _, name := range []string{"cabi_realloc", "cabi_import_realloc"} {
			if f := g.mod.ExportedFunction(name); f != nil && len(f.Definition().ParamTypes()) == 4 &&
				len(f.Definition().ResultTypes()) == 1 {
				g.realloc = f
				break
			}
		}
		if g.realloc == nil {
			panic(trap("the guest exports no cabi_realloc"))
		}
	}
	g.args = [4]uint64{0, 0, uint64(align), uint64(n)}
	if err := g.realloc.CallWithStack(g.ctx, g.args[:]); err != nil {
		panic(err)
	}
	ptr := uint64(uint32(g.args[0]))
	if ptr == 0 || ptr%uint64(align) != 0 {
		panic(trap("cabi_realloc gave no memory"))
	}
	g.view(ptr, uint64(n))
	return ptr
}

// putBytes copies b into memory of the guest's, and the pointer and length to at.
func (g *guest) putBytes(at uint64, b string) {
	ptr := g.alloc(uint32(len(b)), 1)
	copy(g.view(ptr, uint64(len(b))), b)
	g.put32(at, uint32(ptr))
	g.put32(at+4, uint32(len(b)))
}
