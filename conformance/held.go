// SPDX-License-Identifier: MIT

package conformance

import (
	"slices"
	"time"
)

// holding returns what the platform holds for the program before a case: that is what it held
// after the last one.
func (r *run) holding() map[string]int {
	if r.held == nil && r.backend.Held != nil {
		r.held = r.backend.Held()
	}
	return r.held
}

// holdsMore waits until the platform holds no more than before the case or after the first attempt,
// and returns what it holds if it does all the same; with a first attempt that is an error. Much
// is let go of by finalizers and by the platform itself, which tell nobody, so it looks at growing
// intervals.
func (r *run) holdsMore(t *T, before, first map[string]int) map[string]int {
	if r.backend.Held == nil {
		return nil
	}
	t.drop()
	limit := time.Second
	if first != nil {
		limit = 10 * time.Second
	}
	deadline := time.Now().Add(time.Duration(float64(limit) * r.scale))
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		now := r.backend.Held()
		r.held = now
		var over []string
		for kind, n := range now {
			if n > max(before[kind], first[kind]) {
				over = append(over, kind)
			}
		}
		if len(over) == 0 {
			return nil
		}
		if time.Now().Before(deadline) {
			time.Sleep(pause)
			continue
		}
		if first != nil {
			slices.Sort(over)
			for _, kind := range over {
				t.Errorf("%d %s are held after the case has run a second time, %d were after the first and %d before it",
					now[kind], kind, first[kind], before[kind])
			}
		}
		return now
	}
}

// drop forgets what the case has used, so that it is garbage.
func (t *T) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tr, t.made, t.opened, t.bodies, t.cleanups = nil, nil, nil, nil, nil
}
