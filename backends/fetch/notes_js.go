// SPDX-License-Identifier: MIT

package fetch

import (
	"sync"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
)

// notes are what was found out while requests were sent.
type notes struct {
	mu      sync.Mutex
	members map[member]bool     // whether the platform has a value of RequestInit
	whole   map[string]struct{} // origins that take no streamed bodies

	zstdDecoded bool // bodies with that coding come without it
	zstdKept    int  // so many of them came with it
}

// has compares init with what this platform's fetch has.
func (p platform) has(op string, init *RequestInit) error {
	for _, m := range init.members() {
		if m.key == "redirect" {
			continue // sent in a form that every platform has
		}
		if !p.hasMember(m) {
			return unsupported(op, "RequestInit "+m.key, "")
		}
	}
	if init.Keepalive && !p.rt.RequestHas("keepalive") {
		return unsupported(op, "RequestInit keepalive", "")
	}
	return nil
}

// hasMember finds out whether the platform knows m: whether the member shows on its Request
// class, or else, as unknown members are ignored, whether it refuses a value that cannot
// be right. Of those with a fixed set of values it must also take this one; what is
// wrong with any other shows when the request is made.
func (p platform) hasMember(m member) bool {
	enumerated := m.key != "referrer" && m.key != "integrity"
	if !enumerated {
		return p.rt.RequestHas(m.key)
	}
	p.notes.mu.Lock()
	has, found := p.notes.members[m]
	p.notes.mu.Unlock()
	if found {
		return has
	}
	accepts := func(value string) bool {
		init := jsfetch.AppendString([]byte{'{'}, m.key)
		init = append(init, ':')
		init = append(jsfetch.AppendString(init, value), '}')
		return p.rt.Accepts(p.rt.ProbeURL(), string(init)) == nil
	}
	has = p.rt.RequestHas(m.key) || !accepts("no such value")
	if m.value != "only-if-cached" { // which is bound to a mode
		has = has && accepts(m.value)
	}
	p.notes.mu.Lock()
	p.notes.members[m] = has
	p.notes.mu.Unlock()
	return has
}

// maxNotes bounds how many origins are remembered.
const maxNotes = 1024

// refused remembers that an origin takes no streamed bodies.
func (n *notes) refused(origin string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.whole) < maxNotes {
		n.whole[origin] = struct{}{}
	}
}

func (n *notes) refusedBefore(origin string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, found := n.whole[origin]
	return found
}

// zstdProofs is how many bodies with Zstandard left on them tell that the platform does not know
// it. A single one may have had it twice.
const zstdProofs = 3

// decodesZstd reports whether the platform has taken the codings in list, of which one is zstd, off
// b. Not every platform knows that one, and none says so before the first bytes of such a body are
// there: the first response waits for them, and where the platform does not, the first three.
func (n *notes) decodesZstd(list []string, b *body) bool {
	n.mu.Lock()
	decoded, kept := n.zstdDecoded, n.zstdKept
	n.mu.Unlock()
	if decoded || kept >= zstdProofs {
		return decoded
	}
	start := b.peek(len(zstdMagic))
	still := stillEncoded(list, start)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case still:
		n.zstdKept++
	case magicOf(list[len(list)-1]) != "" && len(start) >= len(zstdMagic):
		n.zstdDecoded = true
	}
	return !still
}
