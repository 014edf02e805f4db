// SPDX-License-Identifier: MIT

package endurance

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
)

// state is what a key has at the store.
type state struct {
	there bool
	sum   [sha256.Size]byte
}

func stateOf(data []byte) state { return state{true, sha256.Sum256(data)} }

// keyed is a store with contents under keys. Its worker is the only one that uses it.
type keyed interface {
	put(ctx context.Context, key string, data []byte, random *rand.Rand) error
	// get returns the contents, and false when the store says that there are none.
	get(ctx context.Context, key string, random *rand.Rand) ([]byte, bool, error)
	// remove reports whether there was something, as the store says.
	remove(ctx context.Context, key string) (bool, error)
	limit() int // bytes of contents
}

// ledger is what the store has acknowledged. A key whose last change was not is one of two
// states, and is not changed any more: that call may still reach the store.
type ledger struct {
	store  keyed
	sure   map[string]state
	unsure map[string][2]state
	keys   []string // of sure, in the order of their making
	next   int
}

func newLedger(store keyed) *ledger {
	return &ledger{store: store, sure: make(map[string]state), unsure: make(map[string][2]state)}
}

// lost is the fault that all of this is looking for.
type lost struct{ text string }

func (l lost) Error() string { return l.text }

// step does something to some key. The error is a lost, or why the call failed.
func (l *ledger) step(ctx context.Context, random *rand.Rand) error {
	what := random.IntN(10)
	if len(l.keys) == 0 || what < 3 {
		l.next++
		key := fmt.Sprintf("key%d", l.next)
		l.keys = append(l.keys, key)
		l.sure[key] = state{}
		return l.put(ctx, key, random)
	}
	key := l.keys[random.IntN(len(l.keys))]
	switch {
	case what < 5:
		return l.put(ctx, key, random)
	case what < 6:
		return l.remove(ctx, key)
	}
	return l.look(ctx, key, random)
}

func (l *ledger) put(ctx context.Context, key string, random *rand.Rand) error {
	data := make([]byte, 1+random.IntN(l.store.limit()))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	if err := l.store.put(ctx, key, data, random); err != nil {
		l.doubt(key, stateOf(data))
		return err
	}
	l.sure[key] = stateOf(data)
	return nil
}

func (l *ledger) remove(ctx context.Context, key string) error {
	ctx, attempts := withAttempts(ctx)
	there, err := l.store.remove(ctx, key)
	if err != nil {
		l.doubt(key, state{})
		return err
	}
	// The second attempt finds nothing when the first has arrived, and its answer has not.
	if before := l.sure[key]; there != before.there && attempts.Load() < 2 {
		return lost{fmt.Sprintf("%T: %s was there: %t; its removal says %t", l.store, key, before.there, there)}
	}
	l.sure[key] = state{}
	return nil
}

// doubt takes a key out of use that may have another state now.
func (l *ledger) doubt(key string, other state) {
	l.unsure[key] = [2]state{l.sure[key], other}
	delete(l.sure, key)
	l.keys = slices.DeleteFunc(l.keys, func(k string) bool { return k == key })
}

// look reads a key and compares.
func (l *ledger) look(ctx context.Context, key string, random *rand.Rand) error {
	data, there, err := l.store.get(ctx, key, random)
	if err != nil {
		return err
	}
	now := state{}
	if there {
		now = stateOf(data)
	}
	if want, ok := l.sure[key]; ok {
		if now != want {
			return lost{fmt.Sprintf("%T: %s: there is %t, %d bytes; wrong or not what was acknowledged (there %t)", l.store, key, there, len(data), want.there)}
		}
		return nil
	}
	if both := l.unsure[key]; now != both[0] && now != both[1] {
		return lost{fmt.Sprintf("%T: %s: there is %t, %d bytes; neither what was acknowledged nor what was sent then", l.store, key, there, len(data))}
	}
	return nil
}

// verify reads everything. It returns how many keys it has compared.
func (l *ledger) verify(ctx context.Context, random *rand.Rand) (int, error) {
	for key := range l.sure {
		if err := l.look(ctx, key, random); err != nil {
			return 0, err
		}
	}
	for key := range l.unsure {
		if err := l.look(ctx, key, random); err != nil {
			return 0, err
		}
	}
	return len(l.sure) + len(l.unsure), nil
}
