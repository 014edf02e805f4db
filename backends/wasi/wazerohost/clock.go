// SPDX-License-Identifier: MIT

package wazerohost

import (
	"math"
	"time"
)

func clockFuncs() []function {
	return []function{
		fn("now", ">I", func(g *guest, s []uint64) { s[0] = uint64(time.Since(g.host.epoch)) }),
		fn("resolution", ">I", func(_ *guest, s []uint64) { s[0] = 1 }),
		fn("subscribe-instant", "I>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(timer{g.host.epoch.Add(duration(s[0]))}, 0)
		}),
		fn("subscribe-duration", "I>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(timer{time.Now().Add(duration(s[0]))}, 0)
		}),
	}
}

// duration takes the unsigned nanoseconds of the interfaces. What does not fit is
// cut to a century, which is as good as never.
func duration(ns uint64) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	if ns > math.MaxInt64 || time.Duration(ns) > century {
		return century
	}
	return time.Duration(ns)
}
