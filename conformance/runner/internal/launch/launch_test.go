// SPDX-License-Identifier: MIT

package launch

import (
	"slices"
	"testing"

	"github.com/isohttp/isohttp/conformance"
)

func TestExecFlag(t *testing.T) {
	for _, c := range []struct {
		called []string
		want   string
	}{
		{[]string{"nodeexec"}, "nodeexec"},
		{[]string{"/bin/browserexec", "-secure", "--browser=firefox"}, "/bin/browserexec -secure --browser=firefox"},
		{[]string{"nodeexec", "-pass", "A, B"}, "nodeexec -pass 'A, B'"},
		{[]string{"nodeexec", "-pass=it's"}, `nodeexec "-pass=it's"`},
		{[]string{"nodeexec", "-env", "KEY=secret", "-env=OTHER=secret", "--env=C=a b"}, "nodeexec -env KEY=... -env=OTHER=... -env=C=..."},
	} {
		if got := execFlag(c.called); got != c.want {
			t.Errorf("%q: got %s, want %s", c.called, got, c.want)
		}
	}
}

// A guest is told what runs it, and how that was called.
func TestIdentity(t *testing.T) {
	c := Command{Name: "wazeroexec", Engine: "wazero 1"}
	want := []string{conformance.EnvRunner + "=wazeroexec", conformance.EnvExec + "=wazeroexec -dir /tmp", conformance.EnvEngine + "=wazero 1"}
	if got := c.identity([]string{"wazeroexec", "-dir", "/tmp"}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
