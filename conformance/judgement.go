// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// Judgement is the second opinion about what guests said: every origin check of every case
// that is said to have passed, evaluated again from the origin's own log. What the
// log does not bear out has failed, whatever the guest says.
type Judgement struct {
	Verdicts []Verdict
	// Reports are those of the runs of the whole suite, with the states that remain.
	Reports  []*Report
	Problems []string // where the log does not bear a verdict out; empty when all is well
}

// Judgement compares what guests have left with the log. It is to be asked for when the guest
// has ended, by who runs the guest.
func (o *Origin) Judgement() *Judgement { return o.judge("") }

// judge is Judgement for one run; an empty run stands for all.
func (o *Origin) judge(run string) *Judgement {
	verdicts, claims := o.verdicts.of(run)
	j := &Judgement{Verdicts: verdicts}
	cases := make(map[string]Case)
	for _, c := range Cases() {
		cases[c.ID] = c
	}
	var reports []*hearing
	for _, c := range claims {
		reports = append(reports, newHearing(c, cases))
	}
	for _, v := range verdicts {
		c, known := cases[v.ID]
		faults := o.evidence(v, c, known)
		events, _ := o.log.snapshot(v.Token)
		told := testimony{profile: v.Profile, state: v.State, c: v.about(c, known), invocation: v.Invocation, heard: true, events: events}
		j.note(told, faults)
		for _, h := range reports {
			if h.claim.Run == v.Run {
				h.hear(v, told, faults)
			}
		}
	}
	for _, h := range reports {
		j.Reports = append(j.Reports, h.report(j))
	}
	return j
}

// testimony is what a guest says about a case, and what can be said about that.
type testimony struct {
	profile    string
	state      State
	c          Case
	invocation Invocation
	heard      bool    // there was a verdict, not a claim alone
	events     []Event // of the verdict's token
}

// about returns the case that a verdict is about: the catalogue's, or else as the guest tells it.
func (v Verdict) about(c Case, known bool) Case {
	if known {
		return c
	}
	c = Case{ID: v.ID, Title: v.Title, Contract: v.Contract}
	c.Gate, c.Gated = driver.ParseCapability(v.Gate)
	return c
}

// evidence says in words why the log does not bear out a verdict.
func (o *Origin) evidence(v Verdict, c Case, known bool) []string {
	if v.State != StatePass && v.State != StateNeg {
		return nil // claims nothing
	}
	// What the catalogue has to say about the case does not depend on what the guest says.
	checks := slices.Concat(c.Checks, v.Checks)
	events, _ := o.log.snapshot(v.Token)
	faults := Judge(events, checks)
	if len(events) == 0 && slices.ContainsFunc(checks, OriginCheck.demands) {
		faults = append(faults, "the origin has seen nothing of the case")
	}
	if v.Broken == "" || known && c.Config.Broken == "" {
		after, _ := o.log.snapshot(afterToken(v.Token))
		if countKind(after, EventRequest) == 0 {
			faults = append(faults, "the origin has not seen the GET that ends every case")
		}
	}
	if known && v.State == StateNeg && !c.Gated {
		faults = append(faults, "the case has no negative form")
	}
	slices.Sort(faults) // what the guest and the catalogue both want is said once
	return slices.Compact(faults)
}

// note adds the faults of a case to the problems, with all that a stranger needs to see what broke.
func (j *Judgement) note(told testimony, faults []string) {
	if len(faults) == 0 {
		return
	}
	said := " is said to be " + string(told.state) + ", but "
	if told.state == "" {
		said = ": "
	}
	var b strings.Builder
	for _, f := range faults {
		b.WriteString("ghost: " + told.profile + " " + told.c.ID + said + f + "\n")
	}
	details := heading(told.c, told.profile, told.state)
	if told.heard {
		details += eventList(told.events) + "\n"
	}
	details += told.invocation.again(told.c.ID, told.c.Title)
	b.WriteString("  " + strings.ReplaceAll(strings.TrimRight(details, "\n"), "\n", "\n  "))
	j.Problems = append(j.Problems, b.String())
}

// Err returns an error that names every problem, nil if there is none.
func (j *Judgement) Err() error {
	if len(j.Problems) == 0 {
		return nil
	}
	return errors.New("the origin's log does not bear out what the guest says:\n" + strings.Join(j.Problems, "\n"))
}

// hearing is a claim, and what was found out about it so far.
type hearing struct {
	claim  Claim
	cases  map[string]Case      // the catalogue
	heard  map[string]testimony // by the verdicts
	faults map[string][]string
}

func newHearing(c Claim, cases map[string]Case) *hearing {
	return &hearing{claim: c, cases: cases, heard: make(map[string]testimony), faults: make(map[string][]string)}
}

func (h *hearing) hear(v Verdict, told testimony, faults []string) {
	h.heard[v.ID] = told
	h.faults[v.ID] = append(h.faults[v.ID], faults...)
}

// report merges the claim with what was found out, and notes in j what the verdicts alone did
// not show.
func (h *hearing) report(j *Judgement) *Report {
	r := &Report{Profile: h.claim.Profile, Engine: h.claim.Engine}
	ids := make(map[string]bool)
	for _, row := range catalogue() {
		ids[row.id] = true
		state, ok := h.claim.States[row.id]
		if !ok && h.without(row.id) {
			continue
		}
		faults := []string{"the guest says nothing of it"}
		if ok {
			faults = h.allowed(row, state)
		}
		h.add(r, j, row.id, state, faults)
	}
	for _, id := range slices.Sorted(maps.Keys(h.claim.States)) {
		if !ids[id] {
			h.add(r, j, id, h.claim.States[id], h.own(id, h.claim.States[id]))
		}
	}
	return r
}

// without reports whether a case is of a group over SDKs that the guest has not added at all.
func (h *hearing) without(id string) bool {
	c := Case{ID: id}
	for other := range h.claim.States {
		if (Case{ID: other}).Group() == c.Group() {
			return false
		}
	}
	return addOn(c)
}

// add adds one result to a report.
func (h *hearing) add(r *Report, j *Judgement, id string, state State, faults []string) {
	j.note(h.told(id, state), faults)
	faults = slices.Concat(h.faults[id], faults)
	if len(faults) > 0 {
		state = StateFail
	}
	r.Results = append(r.Results, Result{id, state, strings.Join(faults, "; ")})
}

// told is what the claim says about a case, with what its verdict has to add.
func (h *hearing) told(id string, state State) testimony {
	told, heard := h.heard[id]
	if !heard {
		told = testimony{c: h.cases[id]}
		told.c.ID = id
	}
	told.profile, told.state, told.invocation = h.claim.Profile, state, h.claim.Invocation
	return told
}

// own says why a state of a case that ran, or that the catalogue does not have, is not to be
// believed.
func (h *hearing) own(id string, state State) []string {
	heard, ran := h.heard[id]
	switch state {
	case StatePass, StateNeg, StateXFail:
		if !ran {
			return []string{"the guest has not said how it went"}
		}
		if heard.state != state {
			return []string{"the guest has also said that it is " + string(heard.state)}
		}
	}
	return nil
}

// allowed says why a state is not to be believed of a case of the catalogue: those without a
// run are for the cells that name them, so that a guest cannot declare itself green.
func (h *hearing) allowed(row row, state State) []string {
	switch state {
	case StateNA:
		if !row.mayBeNA(h.claim.Profile) {
			return []string{"the catalogue has no reason for it"}
		}
	case StateEnv:
		if !row.mayBeEnv(h.claim.Profile) {
			return []string{"it needs nothing of the surroundings"}
		}
	case StateSlow:
		if row.tier == 0 {
			return []string{"it is of tier 0"}
		}
	case StateTodo:
		if slices.ContainsFunc(written(), func(c Case) bool { return c.ID == row.id }) {
			return []string{"there is code for it"}
		}
	case StateNeg:
		if !slices.ContainsFunc(columnsOf(h.claim.Profile), row.mayBeNeg) {
			return []string{"the catalogue wants the positive form of it"}
		}
		return h.own(row.id, state)
	case StatePass, StateXFail:
		return h.own(row.id, state)
	case StateFail:
	default:
		return []string{"there is no such state"}
	}
	return nil
}

// mayBeNA reports whether the catalogue lets a case be without a meaning for a profile.
func (r row) mayBeNA(profile string) bool {
	return slices.ContainsFunc(columnsOf(profile), func(column int) bool { return r.notApplicable(column, nil) != "" })
}

// mayBeEnv reports whether the surroundings of a profile can lack what a case needs.
func (r row) mayBeEnv(profile string) bool {
	return slices.ContainsFunc(columnsOf(profile), func(column int) bool { return len(r.needs(column)) > 0 })
}

// columnsOf returns the columns that a profile may stand in: that of its name, or any.
func columnsOf(profile string) []int {
	if profile == "nethttp" || strings.HasPrefix(profile, "fetch/") || strings.HasPrefix(profile, "wasi/") {
		return []int{columnOf(profile)}
	}
	return []int{columnNative, columnPage, columnServer, columnWASI}
}
