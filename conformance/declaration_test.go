// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"net/http"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

// A platform that is not what was declared is not judged at all.
func TestDeclaration(t *testing.T) {
	whole := Declaration{Engine: "go", Since: 1, StreamUpload: true, Abort: true, AllHeaders: true}
	for what, c := range map[string]struct {
		change func(*Declaration)
		lacks  []driver.Capability
		want   string // why nothing runs; empty when it does
	}{
		"as declared":       {change: func(*Declaration) {}},
		"another engine":    {change: func(d *Declaration) { d.Engine = "chromium" }, want: `and nethttp declares "chromium"`},
		"an older version":  {change: func(d *Declaration) { d.Since = 1 << 20 }, want: "or newer"},
		"no streams":        {change: func(d *Declaration) { d.StreamUpload = false }, want: "the body of a request: found true, declared false"},
		"no aborts":         {change: func(d *Declaration) { d.Abort = false }, want: "is aborted: found true, declared false"},
		"not all fields":    {change: func(d *Declaration) { d.AllHeaders = false }, want: "not exposed: found true, declared false"},
		"a capability less": {change: func(*Declaration) {}, lacks: []driver.Capability{driver.AbortWire}, want: "the transport's abort.wire is false"},
	} {
		b := plainBackend()
		b.New = func(TB, Config) (Transport, error) { return Adapt(new(http.Transport), c.lacks...), nil }
		d := whole
		c.change(&d)
		b.Declared = &d
		res := stateOf(t, b, must("XX-01", func(t *T) { t.True(true, "") }))
		if (res.State == StatePass) != (c.want == "") || !strings.Contains(res.Reason, c.want) {
			t.Errorf("%s: %s %s, want %q", what, res.State, res.Reason, c.want)
		}
	}
}
