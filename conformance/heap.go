// SPDX-License-Identifier: MIT

package conformance

import "runtime"

// heap returns the bytes that are reachable. What is garbage already is no growth, so it
// collects first: twice, because what pools hold survives once.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// heapWatch is how much more is reachable than at the start.
type heapWatch struct{ base, most int }

func newHeapWatch() *heapWatch { return &heapWatch{base: heap()} }

// look measures once more.
func (g *heapWatch) look() { g.most = max(g.most, heap()-g.base) }

// below asserts that no look has found more than limit.
func (g *heapWatch) below(t *T, limit int) {
	g.look()
	t.True(g.most < limit, "the heap has grown by %d bytes, want less than %d", g.most, limit)
}

// liveReferences returns how many JavaScript values the program refers to, once finalizers
// had their chance, and whether that can be known.
func liveReferences() (int, bool) {
	n, ok := countReferences()
	for range 50 {
		if !ok {
			return 0, false
		}
		runtime.GC()
		runtime.Gosched() // lets the finalizers run, which is when a value is let go of
		less, _ := countReferences()
		n = min(n, less)
	}
	return n, ok
}
