// SPDX-License-Identifier: MIT

package wazerohost

import "time"

// options is the request-options resource. Zero fields are not limited.
type options struct{ connect, firstByte, betweenBytes time.Duration }

func optionsFuncs() []function {
	var fns []function
	for _, o := range []struct {
		name  string
		field func(*options) *time.Duration
	}{
		{"connect-timeout", func(o *options) *time.Duration { return &o.connect }},
		{"first-byte-timeout", func(o *options) *time.Duration { return &o.firstByte }},
		{"between-bytes-timeout", func(o *options) *time.Duration { return &o.betweenBytes }},
	} {
		fns = append(fns,
			fn("[method]request-options."+o.name, "ii", func(g *guest, s []uint64) {
				d, ret := *o.field(get[*options](g, s[0])), s[1]
				g.put8(ret, uint8(flag(d > 0)))
				g.put64(ret+8, uint64(d))
			}),
			fn("[method]request-options.set-"+o.name, "iiI>i", func(g *guest, s []uint64) {
				var d time.Duration
				if s[1] != 0 {
					d = max(duration(s[2]), 1)
				}
				*o.field(get[*options](g, s[0])) = d
				s[0] = 0
			}),
		)
	}
	return append(fns,
		fn("[constructor]request-options", ">i", func(g *guest, s []uint64) {
			s[0] = uint64(g.table.push(&options{}, 0))
		}),
		fn("[resource-drop]request-options", "i", drop[*options]),
	)
}
