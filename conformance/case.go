// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// Case is one behavior of the contract, and how it is checked.
type Case struct {
	ID       string // "CT-01"; never used again for something else
	Title    string
	Contract string // what must hold, in a sentence
	Sources  string // the suites that check something alike
	Tier     int    // 0 bootstrap, 1 contract, 2 full, 3 slow

	// Gate is the capability that decides which form runs, if there is one. A gated case
	// has a negative twin, which checks that the absence looks as documented.
	Gate     driver.Capability
	Gated    bool
	Positive func(*T)
	Negative func(*T)

	// Checks hold for the origin's events in either form. A form adds its own with
	// T.Expect.
	Checks []OriginCheck
	// Config are the options of the transport that the case gets.
	Config Config
	// Budget bounds the case; zero is the default of 10 s. It is scaled as all waits are.
	Budget time.Duration
	// Alone marks a case that must run without others beside it, because it measures.
	Alone bool
}

// Written reports whether the suite has code for the case. One that it lists without is in
// state todo.
func (c Case) Written() bool { return c.Positive != nil }

// Group returns the letters of the ID.
func (c Case) Group() string { g, _, _ := strings.Cut(c.ID, "-"); return g }

// Cases returns the whole catalogue in its order, so that tools can print it. The cases of
// the groups RT and AZ have no code here: package sdkcases has it.
func Cases() []Case {
	cases, err := allCases(nil)
	if err != nil {
		panic(err) // the package's own tests exclude it
	}
	return cases
}

// gated makes a gated case.
func gated(id string, gate driver.Capability, positive, negative func(*T), checks ...OriginCheck) Case {
	return Case{ID: id, Gate: gate, Gated: true, Positive: positive, Negative: negative, Checks: checks}
}

// must makes a case that holds everywhere.
func must(id string, positive func(*T), checks ...OriginCheck) Case {
	return Case{ID: id, Positive: positive, Checks: checks}
}

// with returns the case with options for its transport.
func (c Case) with(config Config) Case {
	c.Config = config
	return c
}

// within returns the case with a time budget.
func (c Case) within(budget time.Duration) Case {
	c.Budget = budget
	return c
}

// written returns the cases that there is code for, by group.
func written() []Case {
	return slices.Concat(ctCases(), rlCases(), hqCases(), hrCases(), upCases(), dnCases(), stCases(), rdCases(),
		cxCases(), erCases(), ccCases(), trCases(), h2Cases(), cnCases(), scCases())
}

// allCases joins the catalogue with the code and with a caller's own cases.
func allCases(extra []Case) ([]Case, error) {
	code := make(map[string]Case)
	var errs []error
	for _, c := range written() {
		errs = append(errs, c.check())
		if _, twice := code[c.ID]; twice {
			errs = append(errs, fmt.Errorf("case %s is there twice", c.ID))
		}
		code[c.ID] = c
	}
	var cases []Case
	for _, r := range catalogue() {
		c := code[r.id]
		delete(code, r.id)
		c.ID, c.Title, c.Contract, c.Sources, c.Tier = r.id, r.title, r.must, r.sources, r.tier
		cases = append(cases, c)
	}
	for _, id := range slices.Sorted(maps.Keys(code)) {
		errs = append(errs, fmt.Errorf("case %s is not in the catalogue", id))
	}
	for _, c := range extra {
		errs = append(errs, c.check())
		if i := slices.IndexFunc(cases, func(o Case) bool { return o.ID == c.ID && addOn(o) && !o.Written() }); i >= 0 {
			row := cases[i]
			c.Title, c.Contract, c.Sources, c.Tier = row.Title, row.Contract, row.Sources, row.Tier
			cases[i] = c
			continue
		}
		if c.Title == "" || c.Contract == "" {
			errs = append(errs, fmt.Errorf("case %s has no title or no contract", c.ID))
		}
		if slices.ContainsFunc(cases, func(o Case) bool { return o.ID == c.ID }) {
			errs = append(errs, fmt.Errorf("case %s is there twice", c.ID))
		}
		cases = append(cases, c)
	}
	return cases, errors.Join(errs...)
}

// addOn reports whether the case is one of those over SDKs. Package sdkcases has the code for
// them, because the suite itself is to link no SDK.
func addOn(c Case) bool { return c.Group() == "RT" || c.Group() == "AZ" }

// check refuses what cannot be judged.
func (c Case) check() error {
	switch {
	case c.ID == "" || c.Group() == c.ID:
		return fmt.Errorf("%q is no id of a case", c.ID)
	case c.Positive == nil:
		return fmt.Errorf("case %s has no positive form", c.ID)
	case c.Gated && c.Negative == nil:
		return fmt.Errorf("case %s is gated by %s and has no negative twin", c.ID, c.Gate)
	case c.Gated && c.Gate.String() == "unknown":
		return fmt.Errorf("case %s is gated by an unknown capability", c.ID)
	case !c.Gated && c.Negative != nil:
		return fmt.Errorf("case %s has a negative twin and no gate", c.ID)
	}
	return nil
}
