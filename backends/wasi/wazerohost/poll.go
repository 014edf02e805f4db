// SPDX-License-Identifier: MIT

package wazerohost

import "time"

// pollable waits for its source. It is a child of the resource it was made from, so the
// source outlives it.
type pollable struct{ source }

// source is what a pollable can wait for. Whatever makes ready true notifies the guest.
type source interface{ ready() bool }

// timer is the source of a pollable of the clock.
type timer struct{ at time.Time }

func (t timer) ready() bool { return !time.Now().Before(t.at) }

func pollFuncs() []function {
	return []function{
		fn("poll", "iii", pollList),
		fn("[method]pollable.ready", "i>i", func(g *guest, s []uint64) {
			s[0] = flag(get[*pollable](g, s[0]).ready())
		}),
		fn("[method]pollable.block", "i", func(g *guest, s []uint64) {
			g.block(get[*pollable](g, s[0]).source)
		}),
		fn("[resource-drop]pollable", "i", drop[*pollable]),
	}
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// subscribe makes a pollable for a resource of the guest.
func (g *guest) subscribe(s source, parent uint64) uint64 {
	return uint64(g.table.push(&pollable{s}, uint32(parent)))
}

// block waits for one source.
func (g *guest) block(s source) {
	for !s.ready() {
		g.wait(deadline(s, time.Time{}))
	}
}

// deadline returns the earlier of until and the time of s, if it is one of the clock.
func deadline(s source, until time.Time) time.Time {
	if t, ok := s.(timer); ok && (until.IsZero() || t.at.Before(until)) {
		return t.at
	}
	return until
}

// pollList is wasi:io/poll.poll. Between two looks at the list it waits for a
// notification, so nothing is missed: one that comes during a look leaves its token.
func pollList(g *guest, s []uint64) {
	list, n, ret := s[0], uint32(s[1]), s[2]
	if n == 0 {
		panic(trap("poll without pollables"))
	}
	if int(n) > g.host.limits.Handles {
		panic(trap("poll with more pollables than there are handles"))
	}
	sources := make([]source, n)
	var until time.Time
	view := g.view(list, uint64(n)*4)
	for i := range sources {
		b := view[i*4:]
		h := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		sources[i] = get[*pollable](g, uint64(h)).source
		until = deadline(sources[i], until)
	}
	fired := make([]uint32, 0, 8)
	for {
		for i, src := range sources {
			if src.ready() {
				fired = append(fired, uint32(i))
			}
		}
		if len(fired) > 0 {
			break
		}
		g.wait(until)
	}
	ptr := g.alloc(uint32(len(fired))*4, 4)
	for i, index := range fired {
		g.put32(ptr+uint64(i)*4, index)
	}
	g.put32(ret, uint32(ptr))
	g.put32(ret+4, uint32(len(fired)))
}
