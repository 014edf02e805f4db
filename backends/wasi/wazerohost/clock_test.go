// SPDX-License-Identifier: MIT

package wazerohost

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, nil)
		start := time.Now()
		now := s.call("now")
		a, b := s.call("subscribe-duration", 5e9), s.call("subscribe-instant", now+2e9)
		never := s.call("subscribe-duration", 1<<64-1)
		for i, p := range []uint64{a, b, never} {
			s.mod.Memory().WriteUint32Le(textAt-64+4*uint32(i), uint32(p))
		}
		s.ret("poll", textAt-64, 3)
		if first, _ := s.mod.Memory().ReadUint32Le(s.u32(0)); s.u32(4) != 1 || first != 1 || time.Since(start) != 2*time.Second {
			t.Errorf("%d fired, first %d, after %v", s.u32(4), first, time.Since(start))
		}
		if s.call("[method]pollable.ready", a) != 0 || s.call("[method]pollable.ready", b) != 1 {
			t.Error("ready is wrong")
		}
		s.call("[method]pollable.block", a)
		if time.Since(start) != 5*time.Second {
			t.Errorf("block ended after %v", time.Since(start))
		}
		for _, p := range []uint64{a, b, never} {
			s.call("[resource-drop]pollable", p)
		}
		s.wantNoHandles()
	})
}
