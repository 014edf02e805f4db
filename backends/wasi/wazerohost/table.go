// SPDX-License-Identifier: MIT

package wazerohost

import "sync"

// table has the handles of one guest. A handle stands for a value that the guest owns,
// and may have a parent that has to outlive it, as in the component model's hosts.
//
// Only the guest's own calls use values; the lock is there because a guest can be
// closed, and its handles counted, from another goroutine.
type table struct {
	limit int

	mu      sync.Mutex
	closed  bool
	entries []entry  // handle h is entries[h-1]
	free    []uint32 // handles that are not in use
}

type entry struct {
	value    any // nil when the handle is free
	parent   uint32
	children uint32
}

// releaser is a value that holds more than memory. release is called once, when
// its handle is dropped or the guest is closed.
type releaser interface{ release() }

// push adds a value that the guest owns from now on. parent may be 0.
func (t *table) push(value any, parent uint32) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		panic(trap("the guest is closed"))
	}
	var h uint32
	if n := len(t.free); n > 0 {
		h = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		if len(t.entries) >= t.limit {
			panic(trap("too many handles"))
		}
		t.entries = append(t.entries, entry{})
		h = uint32(len(t.entries))
	}
	if parent != 0 {
		t.entries[parent-1].children++
	}
	t.entries[h-1] = entry{value: value, parent: parent}
	return h
}

// get returns the value of a handle.
func (t *table) get(h uint32) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h == 0 || int(h) > len(t.entries) || t.entries[h-1].value == nil {
		panic(trap("unknown handle"))
	}
	return t.entries[h-1].value
}

// take removes a handle and returns its value, which the caller owns then.
func (t *table) take(h uint32) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h == 0 || int(h) > len(t.entries) || t.entries[h-1].value == nil {
		panic(trap("unknown handle"))
	}
	e := t.entries[h-1]
	if e.children > 0 {
		panic(trap("a resource was dropped before its children"))
	}
	if e.parent != 0 {
		t.entries[e.parent-1].children--
	}
	t.entries[h-1] = entry{}
	t.free = append(t.free, h)
	return e.value
}

func (t *table) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries) - len(t.free)
}

// close empties the table and returns the values that were in it.
func (t *table) close() []any {
	t.mu.Lock()
	defer t.mu.Unlock()
	var values []any
	for _, e := range t.entries {
		if e.value != nil {
			values = append(values, e.value)
		}
	}
	t.entries, t.free, t.closed = nil, nil, true
	return values
}
