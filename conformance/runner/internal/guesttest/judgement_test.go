// SPDX-License-Identifier: MIT

package guesttest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

func liarPath(goos string) string { return filepath.Join(built, "liar-"+goos+".wasm") }

// What a guest says about conformance cases is compared with what its origin saw.
func TestLyingGuest(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		for _, c := range []struct {
			verb   string
			status int
			want   string // in what the runner says
		}{
			{"honest", 0, ""},
			{"silent", launch.ExitOverruled, "ghost: nethttp CT-01 is said to be pass, but the origin saw 0 requests, want 1"},
			{"unchecked", launch.ExitOverruled, "ghost: nethttp CT-01 is said to be pass, but the origin has not seen the GET"},
			{"false", launch.ExitOverruled, "ghost: nethttp CT-01 is said to be pass, but the origin saw 1 requests, want 2"},
			{"claim", launch.ExitOverruled, "ghost: nethttp SC-11 is said to be pass, but the guest has not said how it went"},
		} {
			o := finish(t, p.command(t, liarPath(p.goos), c.verb))
			if o.status != c.status || !strings.Contains(o.stderr, c.want) || (c.want == "") != (o.stderr == "") {
				t.Errorf("%s: exit status %d, want %d; standard error %q, want %q in it", c.verb, o.status, c.status, o.stderr, c.want)
			}
			if c.verb == "claim" && !strings.Contains(o.stdout, "conformance nethttp: 0 pass") {
				t.Errorf("claim: the totals are %q", o.stdout)
			}
		}
	})
}

// A backend that is its own witness can deceive the guest's half of the suite, and not the
// host's.
func TestForgedEvents(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		if p.goos != "wasip1" {
			return // the guest has a witness of its own there
		}
		o := finish(t, p.command(t, liarPath(p.goos), "forge"))
		if o.status != launch.ExitOverruled || !strings.Contains(o.stdout, "the guest says pass\n") ||
			!strings.Contains(o.stderr, "ghost: mine XX-01 is said to be pass, but the origin saw 0 requests, want 1") {
			t.Errorf("exit status %d, %q, standard error %q", o.status, o.stdout, o.stderr)
		}
	})
}
