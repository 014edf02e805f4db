// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// State is the result of a case.
type State string

// The states. A release has no todo and no fail.
const (
	StatePass  State = "pass"  // the behavior is there
	StateNeg   State = "neg"   // it is absent, as declared, and looks as documented
	StateXFail State = "xfail" // fails, as the list of deviations says
	StateNA    State = "na"    // has no meaning on this platform; the reason is the catalogue's
	StateEnv   State = "env"   // the surroundings lack what the case needs
	StateSlow  State = "slow"  // of a tier that is not part of this run
	StateTodo  State = "todo"  // not written yet
	StateFail  State = "fail"
)

func states() []State {
	return []State{StatePass, StateNeg, StateXFail, StateNA, StateEnv, StateSlow, StateTodo, StateFail}
}

// Result is what became of one case.
type Result struct {
	ID     string
	State  State
	Reason string // why; of a case that passed what it has to say of the platform, if anything
}

// Report is the outcome of a run.
type Report struct {
	Profile string
	Engine  string   // what ran the program, and its version; not part of the matrix
	Results []Result // in the catalogue's order
}

// Totals returns how many cases are in each state.
func (r *Report) Totals() map[State]int {
	totals := make(map[State]int)
	for _, s := range states() {
		totals[s] = 0
	}
	for _, res := range r.Results {
		totals[res.State]++
	}
	return totals
}

// Failed returns the results that are failures.
func (r *Report) Failed() []Result {
	var failed []Result
	for _, res := range r.Results {
		if res.State == StateFail {
			failed = append(failed, res)
		}
	}
	return failed
}

// overrule takes over what was judged otherwise.
func (r *Report) overrule(judged *Report) {
	for i, res := range r.Results {
		for _, other := range judged.Results {
			if other.ID == res.ID && other.State != res.State {
				r.Results[i] = other
			}
		}
	}
}

// Line returns the totals in one line.
func (r *Report) Line() string {
	var b strings.Builder
	totals := r.Totals()
	b.WriteString(r.Profile)
	if r.Engine != "" {
		b.WriteString(" (" + r.Engine + ")")
	}
	b.WriteString(":")
	sum := 0
	for _, s := range states() {
		fmt.Fprintf(&b, " %d %s,", totals[s], s)
		sum += totals[s]
	}
	fmt.Fprintf(&b, " of %d", sum)
	return b.String()
}

// note is the reason that is kept together with the state: that of a state which only the
// profile explains, and what a case that passes says of the platform.
func (r Result) note() string {
	switch r.State {
	case StatePass, StateXFail, StateNA, StateEnv:
		return r.Reason
	}
	return ""
}

// MarshalJSON returns the profile's matrix: states by id, in the catalogue's order of ids, and
// why those are as they are that do not pass.
func (r *Report) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{\n  \"profile\": " + quote(r.Profile) + ",\n  \"totals\": {")
	totals := r.Totals()
	for i, s := range states() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q: %d", s, totals[s])
	}
	b.WriteString("},\n  \"cases\": {\n")
	for i, res := range r.Results {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "    %q: %q", res.ID, res.State)
	}
	b.WriteString("\n  },\n  \"notes\": {")
	sep := ""
	for _, res := range r.Results {
		if note := res.note(); note != "" {
			b.WriteString(sep + quote(res.ID) + ": " + quote(note))
			sep = ", "
		}
	}
	b.WriteString("}\n}")
	return b.Bytes(), nil
}

func quote(s string) string {
	q, _ := json.Marshal(s) // a string
	return string(q)
}

// matrix is the form in which a report is kept.
type matrix struct {
	Profile string            `json:"profile"`
	Totals  map[State]int     `json:"totals"`
	Cases   map[string]State  `json:"cases"`
	Notes   map[string]string `json:"notes"`
}

// difference compares the report with one that was kept, and says what has changed. Where
// surroundings may lack something, that a case is in state env is no change; nor is in a slow run that a case was run.
func (r *Report) difference(golden []byte, lacking, slow bool) string {
	var m matrix
	if err := json.Unmarshal(golden, &m); err != nil {
		return "the matrix that was kept cannot be read: " + err.Error()
	}
	var changes []string
	for _, res := range r.Results {
		was, ok := m.Cases[res.ID]
		switch {
		case !ok:
			changes = append(changes, res.ID+" is new: "+string(res.State))
		case lacking && res.State == StateEnv, slow && was == StateSlow && res.State != StateTodo:
		case was != res.State:
			changes = append(changes, res.ID+" was "+string(was)+" and is "+string(res.State))
		case m.Notes != nil && m.Notes[res.ID] != res.note():
			changes = append(changes, res.ID+" is "+string(was)+" for another reason: "+res.note())
		}
		delete(m.Cases, res.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(m.Cases)) {
		changes = append(changes, id+" is gone")
	}
	return strings.Join(changes, "\n")
}
