// SPDX-License-Identifier: MIT

package wazerohost

import (
	"math"
	"time"
)

// epoch is instant zero of the monotonic clock that guests see.
var epoch = time.Now()

func clockFuncs() []function {
	return []function{
		fn("now", ">I", func(_ *guest, s []uint64) { s[0] = uint64(time.Since(epoch)) }),
		fn("resolution", ">I", func(_ *guest, s []uint64) { s[0] = 1 }),
		fn("subscribe-instant", "I>i", func(g *guest, s []uint64) {
			s[0] = g.subscribe(timer{epoch.Add(duration(s[0]))}, 0)
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
