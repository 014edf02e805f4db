// SPDX-License-Identifier: MIT

package conformance_test

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
)

// groupProgress makes one line for each group of cases out of one for each case.
type groupProgress struct {
	profile string
	out     io.Writer

	group   string
	states  map[string]int
	cases   int
	seconds float64
}

// Write takes the line of one case: its id, its state and its time.
func (p *groupProgress) Write(line []byte) (int, error) {
	words := strings.Fields(string(line))
	if len(words) != 3 {
		return p.out.Write(line)
	}
	group, _, _ := strings.Cut(words[0], "-")
	if group != p.group {
		p.flush()
		p.group, p.states, p.cases, p.seconds = group, make(map[string]int), 0, 0
	}
	seconds, _ := strconv.ParseFloat(strings.TrimSuffix(words[2], "s"), 64)
	p.seconds += seconds
	p.cases++
	p.states[words[1]]++
	if words[1] == "fail" {
		fmt.Fprintf(p.out, "%s %s", p.profile, line)
	}
	return len(line), nil
}

// flush tells of the group that is over.
func (p *groupProgress) flush() {
	if p.cases > 0 {
		fmt.Fprintf(p.out, "%s: %s, %d cases in %.1f s, %d failed\n", p.profile, p.group, p.cases, p.seconds, p.states["fail"])
	}
}

func TestGroupProgress(t *testing.T) {
	var out strings.Builder
	p := &groupProgress{profile: "mine", out: &out}
	for _, line := range []string{"CT-01 pass 0.50s\n", "CT-02 fail 1.00s\n", "RL-01 neg 0.10s\n"} {
		p.Write([]byte(line))
	}
	p.flush()
	want := "mine CT-02 fail 1.00s\nmine: CT, 2 cases in 1.5 s, 1 failed\nmine: RL, 1 cases in 0.1 s, 0 failed\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
