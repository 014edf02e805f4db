// SPDX-License-Identifier: MIT

package leak

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// None is a count that the platform does not have.
const None = -1

// Counts is what a program holds at one moment.
type Counts struct {
	// Goroutines are those that have not ended.
	Goroutines int
	// References are the JavaScript values that Go refers to. None where there is no
	// JavaScript, and where the program was not started by Go's own wasm_exec.js.
	References int
	// Handles are the resources of a WASI host that the program has not dropped. None
	// where there is no such host. The count is exact, also on a host that tells nobody.
	Handles int
	// Heap is the size of the live objects on Go's heap, in bytes.
	Heap int64
	// Memory is the size of the process that runs the program, with its host if that is
	// the same process. None where the program cannot see it, as in a page.
	Memory int64
}

// Take collects garbage and counts.
func Take() Counts {
	collect()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return Counts{
		Goroutines: runtime.NumGoroutine(),
		References: references(),
		Handles:    handles(),
		Heap:       int64(stats.HeapAlloc),
		Memory:     memory(),
	}
}

// Platform counts, by kind, what a platform other than this machine holds for the program:
// References and Handles, where there are any. It costs less than Take, and is made for the field
// Held of conformance.Backend.
func Platform() map[string]int {
	counts := make(map[string]int)
	if references() != None {
		collect() // a finalizer lets go of each
		counts["references to JavaScript values"] = references()
	}
	// Handles need no collection: a program that closes what it opens drops them itself.
	if n := handles(); n != None {
		counts["handles of the host"] = n
	}
	return counts
}

// Await counts until ok is true for the counts, or ctx ends, and returns the last ones. Before
// each look it calls release, which is to let go of what is kept for later use: a Transport's
// CloseIdleConnections.
//
// Much of what a program lets go of is gone only a moment later and says nothing when it is:
// a goroutine after its last statement, a connection after its peer has heard of its end. So
// Await looks at growing intervals.
func Await(ctx context.Context, release func(), ok func(Counts) bool) Counts {
	for pause := time.Millisecond; ; pause = min(2*pause, time.Second) {
		release()
		c := Take()
		if ok(c) {
			return c
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return c
		}
	}
}

// Settle counts until the counts of eight looks in a row, a quarter of a second at least, are
// the same but for a little memory, or ctx ends: what was let go of before is gone.
func Settle(ctx context.Context, release func()) Counts {
	var last Counts
	same := 0
	return Await(ctx, release, func(c Counts) bool {
		if c.Over(last, 4<<10) == "" && last.Over(c, 4<<10) == "" && c.References == last.References {
			same++
		} else {
			same = 0
		}
		last = c
		return same == 8
	})
}

// neighbours is how many references to JavaScript values may be left without a leak. Go lets go
// of a value by the finalizer of an object of eight bytes, and such an object stays for as long as
// the one that shares its sixteen bytes does (see runtime.SetFinalizer).
const neighbours = 4

// Over tells what of c is more than in base, and by how much. The heap may be larger by slack
// bytes, and there may be four References more, of which Go cannot let go at once; Memory is not
// compared, for no allocator gives everything back. It is empty if nothing is.
func (c Counts) Over(base Counts, slack int64) string {
	var parts []string
	add := func(name string, now, before int64) {
		if now > before {
			parts = append(parts, fmt.Sprintf("%d %s, %d before", now, name, before))
		}
	}
	add("goroutines", int64(c.Goroutines), int64(base.Goroutines))
	if c.References > base.References+neighbours {
		add("references to JavaScript values", int64(c.References), int64(base.References))
	}
	add("handles of the host", int64(c.Handles), int64(base.Handles))
	if c.Heap > base.Heap+slack {
		add("bytes of heap", c.Heap, base.Heap)
	}
	return strings.Join(parts, "; ")
}

// collect runs the garbage collector and the finalizers of what it has found.
func collect() {
	// Finalizers run one after the other, in an order that is nobody's business. Those of
	// the first collection have run, or are about to, when one of the second has.
	for range 2 {
		done := make(chan struct{})
		plant(done)
		runtime.GC()
		timer := time.NewTimer(time.Second) // in case that something still looks like a pointer to it
		select {
		case <-done:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// plant leaves an object behind whose finalizer closes done.
//
//go:noinline
func plant(done chan struct{}) {
	object := &struct {
		done chan struct{}
		_    [64]byte // an object of its own for the collector
	}{done: done}
	runtime.SetFinalizer(object, func(any) { close(done) })
}

// memory asks Linux for the size of this process. A guest that may read files is told
// that of its host.
func memory() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return None
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return None
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return None
	}
	return pages * int64(pageSize)
}

// pageSize is Linux's on the machines that this runs on; a guest's own is another.
const pageSize = 4096
