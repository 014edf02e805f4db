// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// Run runs the suite as subtests: the cases by group, then "matrix", which prints the totals
// and compares them. It is to be run with the race detector where there is one, repeatedly,
// and now and then with all tiers.
func Run(t *testing.T, b Backend, opts ...Option) {
	r, err := newRun(t.Context(), b, opts)
	if err != nil {
		t.Fatal(err)
	}
	r.invocation = invocation(t.Name())
	for _, group := range r.groups() {
		t.Run(group, func(t *testing.T) {
			for _, c := range r.cases {
				if c.Group() != group {
					continue
				}
				t.Run(caseName(c.ID, c.Title), func(t *testing.T) {
					res := r.result(c)
					if res.State == StateFail {
						t.Error(r.message(res, c.Title))
					} else if res.Reason != "" {
						t.Logf("%s %s %s", c.ID, res.State, res.Reason)
					}
				})
			}
		})
	}
	t.Run("matrix", func(t *testing.T) {
		report := r.report()
		if len(report.Results) < len(r.cases) {
			t.Logf("%d of %d cases were asked for", len(report.Results), len(r.cases))
			return
		}
		if err := r.finish(report); err != nil {
			t.Error(err)
		}
		t.Log(report.Line())
		if r.judges() {
			fmt.Println("conformance " + report.Line()) // elsewhere who runs the guest has the last word
		}
	})
}

// Check runs the suite outside of go test. The error is that of a run that could not be made,
// or says which cases have failed.
func Check(ctx context.Context, b Backend, opts ...Option) (*Report, error) {
	r, err := newRun(ctx, b, opts)
	if err != nil {
		return nil, err
	}
	titles := make(map[string]string)
	for _, c := range r.cases {
		titles[c.ID] = c.Title
		r.result(c)
	}
	report := r.report()
	err = r.finish(report)
	var failed []error
	for _, res := range report.Failed() {
		failed = append(failed, errors.New(r.message(res, titles[res.ID])))
	}
	return report, errors.Join(append(failed, err)...)
}

// run is one run of the suite.
type run struct {
	settings
	id      string // tells runs apart at the origin
	backend Backend
	column  int
	cases   []Case
	rows    map[string]row
	witness *Witness
	engine  string         // what runs the program, and its version; set before the first case
	version string         // of the engine alone
	held    map[string]int // what the platform held after the last case
	looked  bool           // whether the platform is what the backend declares
	results map[string]Result
	ctx     context.Context
	// features are those of the surroundings.
	features []string
	broken   string // why nothing more can be judged: the bootstrap failed, or the origin is gone

	invocation Invocation
}

func newRun(ctx context.Context, b Backend, opts []Option) (*run, error) {
	r := &run{settings: settings{tiers: 2, scale: 1, pace: 1}, id: rand.Text(), backend: b, column: columnOf(b.Name), ctx: ctx, invocation: invocation(""),
		results: make(map[string]Result), rows: make(map[string]row)}
	for _, o := range opts {
		o(&r.settings)
	}
	if b.Name == "" || b.New == nil {
		return nil, errors.New("conformance: Backend.Name and Backend.New must be set")
	}
	for _, row := range catalogue() {
		r.rows[row.id] = row
	}
	var err error
	if r.cases, err = allCases(r.extra); err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	r.cases = slices.DeleteFunc(r.cases, func(c Case) bool {
		// A run without sdkcases is whole, too.
		return addOn(c) && !slices.ContainsFunc(r.extra, func(e Case) bool { return e.Group() == c.Group() })
	})
	if len(r.only) > 0 {
		r.cases = slices.DeleteFunc(r.cases, func(c Case) bool { return !slices.Contains(r.only, c.ID) })
	}
	for _, d := range b.Deviations {
		if !slices.ContainsFunc(r.cases, func(c Case) bool { return c.ID == d.ID }) || d.Evidence == "" {
			return nil, fmt.Errorf("conformance: deviation %q has no case or no evidence", d.ID)
		}
	}
	if err := r.connect(); err != nil {
		return nil, err
	}
	if err := r.survey(); err != nil {
		return nil, err
	}
	return r, nil
}

// connect finds the origin, and the way to its log.
func (r *run) connect() (err error) {
	see := observer()
	if see == nil {
		// No second way exists. The runner, which holds the log, judges again.
		tr, err := r.make(&T{run: r, c: Case{ID: "the witness"}, ctx: r.ctx}, Config{})
		if err != nil {
			return err
		}
		see = tr
	}
	unlabeled(func() {
		if r.witness, err = Connect(see); err == nil {
			// A page may have all its connections to the main listener in use.
			r.witness.control = r.witness.addrs.Control
		}
	})
	return err
}

// limit is the time that a case has.
func (r *run) limit(c Case) time.Duration {
	limit := c.Budget
	if limit == 0 {
		limit = budget
	}
	return time.Duration(float64(limit) * r.scale)
}

// notRun is in the reason of a case that another one keeps from being judged.
const notRun = " was not run: "

// message is what is said of a failure at the end.
func (r *run) message(res Result, title string) string {
	if strings.HasPrefix(res.Reason, res.ID+notRun) {
		return res.Reason // there is another one to repeat
	}
	return res.Reason + "\n\n" + r.invocation.again(res.ID, title)
}

func (r *run) groups() []string {
	var groups []string
	for _, c := range r.cases {
		if !slices.Contains(groups, c.Group()) {
			groups = append(groups, c.Group())
		}
	}
	return groups
}

// result returns what became of a case, running it if that has not been done. The bootstrap
// comes first: without it there is no sense in the others.
func (r *run) result(c Case) Result {
	if !r.looked {
		r.looked = true
		if err := r.declare(); err != nil {
			r.broken = "the platform is not what was declared: " + err.Error()
		}
	}
	for _, b := range r.cases {
		if b.Tier == 0 && b.Written() && r.broken == "" {
			if res := r.one(b); res.State == StateFail && r.broken == "" {
				// Whoever has selected another group does not see that case's own subtest.
				r.broken = "the bootstrap case " + b.ID + " has failed; " + strings.TrimSpace(r.invocation.again(b.ID, b.Title))
			}
		}
	}
	return r.one(c)
}

func (r *run) one(c Case) Result {
	res, ok := r.results[c.ID]
	if !ok {
		start := time.Now()
		res = r.judge(c)
		r.results[c.ID] = res
		if r.log != nil {
			fmt.Fprintf(r.log, "%s %s %.2fs\n", c.ID, res.State, time.Since(start).Seconds())
		}
	}
	return res
}

// judge decides about a case that may have a reason not to run, and runs it otherwise.
func (r *run) judge(c Case) Result {
	row, known := r.rows[c.ID]
	if known {
		if reason := row.notApplicable(r.column, r.features); reason != "" {
			return Result{c.ID, StateNA, reason}
		}
	}
	if !c.Written() {
		return Result{c.ID, StateTodo, "not written yet"}
	}
	for _, feature := range row.needs(r.column) {
		if !r.offers(feature) {
			return Result{c.ID, StateEnv, "needs " + feature}
		}
	}
	if c.Tier > r.tiers {
		return Result{c.ID, StateSlow, fmt.Sprintf("tier %d", c.Tier)}
	}
	if r.broken != "" {
		return Result{c.ID, StateFail, c.ID + notRun + r.broken}
	}
	res, token, checks := r.exec(c)
	res = r.deviate(res)
	v := Verdict{Run: r.id, Profile: r.backend.Name, ID: c.ID, Token: token, State: res.State, Broken: c.Config.Broken, Checks: checks,
		Invocation: r.invocation}
	if !known {
		v.Title, v.Contract = c.Title, c.Contract
		if c.Gated {
			v.Gate = c.Gate.String()
		}
	}
	r.leave(v)
	return res
}

// deviate applies the list of known defects.
func (r *run) deviate(res Result) Result {
	for _, d := range r.backend.Deviations {
		switch {
		case d.ID != res.ID:
		case res.State != StateFail:
			return Result{res.ID, StateFail, res.ID + " passes, but is listed as a deviation: the entry is stale"}
		case !d.covers(r.version):
			return Result{res.ID, StateFail, fmt.Sprintf("%s: the deviation is known of the versions %s of the engine, and this is %s", res.ID, d.versions(), r.engine)}
		case !d.Review.IsZero() && time.Now().After(d.Review):
			return Result{res.ID, StateFail, res.ID + ": the deviation was to be reviewed by " + d.Review.Format(time.DateOnly)}
		default:
			return Result{res.ID, StateXFail, d.note()}
		}
	}
	return res
}

// leave tells the origin what the guest says about a case.
func (r *run) leave(v Verdict) {
	if err := r.tellOrigin("/verdict", "v", v); err != nil && r.broken == "" {
		r.broken = "the origin does not answer any more: " + err.Error()
	}
}

// tellOrigin does not wait for the origin without end: it may be there and not answer, and there are
// ways to it that do not heed a context.
func (r *run) tellOrigin(path, name string, what any) error {
	text, _ := json.Marshal(what) // strings and numbers
	ctx, cancel := context.WithTimeout(r.ctx, 3*r.limit(Case{}))
	defer cancel()
	told := make(chan error, 1)
	go unlabeled(func() {
		var ok bool
		told <- r.witness.get(ctx, path+"?"+url.Values{name: {string(text)}}.Encode(), &ok)
	})
	select {
	case err := <-told:
		return err
	case <-ctx.Done():
		return errors.New("no answer in time")
	}
}

// judges reports whether the origin, which judges again, is in this process.
func (r *run) judges() bool {
	return local.origin != nil && r.witness.addrs.Main == local.origin.addrs.Main
}

func (r *run) report() *Report {
	report := &Report{Profile: r.backend.Name, Engine: r.engine}
	for _, c := range r.cases {
		if res, ok := r.results[c.ID]; ok {
			report.Results = append(report.Results, res)
		}
	}
	return report
}

// finish compares the report with the origin's log, where that is in this process, and with
// the one that was kept.
func (r *run) finish(report *Report) error {
	var errs []error
	if len(r.only) == 0 {
		claim := Claim{Run: r.id, Profile: report.Profile, Engine: report.Engine, States: make(map[string]State), Invocation: r.invocation}
		for _, res := range report.Results {
			claim.States[res.ID] = res.State
		}
		if err := r.tellOrigin("/claim", "c", claim); err != nil {
			errs = append(errs, fmt.Errorf("leaving the states at the origin: %w", err))
		}
	}
	if r.judges() {
		j := local.origin.judge(r.id)
		errs = append(errs, j.Err())
		for _, judged := range j.Reports {
			report.overrule(judged)
		}
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err == nil && r.save != nil {
		err = r.save(append(text, '\n'))
	}
	errs = append(errs, err)
	if len(r.golden) > 0 {
		if d := report.difference(r.golden, r.demanded == nil, r.tiers > 2); d != "" {
			errs = append(errs, errors.New("the matrix has changed:\n"+d))
		}
	}
	return errors.Join(errs...)
}

var _ http.RoundTripper = tripper{}
