// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
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

// holdsMore waits until the platform holds no more than before the case, and reports whether it
// does all the same; in the last attempt that is an error. Much is let go of by finalizers and by
// the platform itself, which tell nobody, so it looks at growing intervals.
func (r *run) holdsMore(t *T, before map[string]int, last bool) bool {
	if r.backend.Held == nil {
		return false
	}
	t.drop()
	limit := time.Second
	if last {
		limit = 10 * time.Second
	}
	deadline := time.Now().Add(time.Duration(float64(limit) * r.scale))
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		r.held = r.backend.Held()
		var over []string
		for kind, n := range r.held {
			if n > before[kind] {
				over = append(over, fmt.Sprintf("%d %s are held after the case, %d were before", n, kind, before[kind]))
			}
		}
		if len(over) == 0 {
			return false
		}
		if time.Now().Before(deadline) {
			time.Sleep(pause)
			continue
		}
		if last {
			slices.Sort(over)
			for _, what := range over {
				t.Errorf("%s; it was so each of the %d times that it ran", what, attempts)
			}
		}
		return true
	}
}

// drop forgets what the case has used, so that it is garbage.
func (t *T) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tr, t.made, t.opened, t.bodies, t.cleanups = nil, nil, nil, nil, nil
}
