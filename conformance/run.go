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
	for _, group := range r.groups() {
		t.Run(group, func(t *testing.T) {
			for _, c := range r.cases {
				if c.Group() != group {
					continue
				}
				t.Run(c.ID+"-"+slug(c.Title), func(t *testing.T) {
					res := r.result(c)
					if res.State == StateFail {
						t.Errorf("%s\n\nagain: go test -run '%s'", res.Reason, runPattern(t.Name()))
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
	for _, c := range r.cases {
		r.result(c)
	}
	report := r.report()
	err = r.finish(report)
	var failed []error
	for _, res := range report.Failed() {
		failed = append(failed, errors.New(res.Reason))
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
}

func newRun(ctx context.Context, b Backend, opts []Option) (*run, error) {
	r := &run{settings: settings{tiers: 2, scale: 1, pace: 1}, id: rand.Text(), backend: b, column: columnOf(b.Name), ctx: ctx,
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

// make calls the backend's New and turns everything that can go wrong into an error.
func (r *run) make(tb TB, config Config) (tr Transport, err error) {
	type made struct {
		tr  Transport
		err error
	}
	if r.offers(featureCA) {
		config.RootCA = r.witness.addrs.CA
	}
	got := make(chan made, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				got <- made{err: fmt.Errorf("Backend.New panicked: %v", v)}
			}
		}()
		tr, err := r.backend.New(tb, config)
		got <- made{tr, err}
	}()
	timer := time.NewTimer(time.Duration(float64(30*time.Second) * r.scale))
	defer timer.Stop()
	select {
	case m := <-got:
		if m.err == nil && m.tr == nil {
			return nil, errors.New("Backend.New returned nil and no error")
		}
		if m.err == nil && m.tr.Capabilities().With(driverAll()...).String() != allNames() {
			return nil, errors.New("the backend declares an unknown capability")
		}
		return m.tr, m.err
	case <-timer.C:
		return nil, errors.New("Backend.New did not return within 30 s")
	}
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
			if res := r.one(b); res.State == StateFail {
				r.broken = "the bootstrap case " + b.ID + " has failed"
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
		return Result{c.ID, StateFail, c.ID + " was not run: " + r.broken}
	}
	res, token, checks := r.exec(c)
	res = r.deviate(res)
	r.leave(Verdict{Run: r.id, Profile: r.backend.Name, ID: c.ID, Token: token, State: res.State, Broken: c.Config.Broken, Checks: checks})
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

func (r *run) tellOrigin(path, name string, what any) (err error) {
	text, _ := json.Marshal(what) // strings and numbers
	unlabeled(func() {
		var ok bool
		err = r.witness.get(r.ctx, path+"?"+url.Values{name: {string(text)}}.Encode(), &ok)
	})
	return err
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
		claim := Claim{Run: r.id, Profile: report.Profile, Engine: report.Engine, States: make(map[string]State)}
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

// slug makes a title fit for the name of a subtest.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words[:min(len(words), 5)], "-")
}

// runPattern makes the argument of -run of a test's name.
func runPattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + p + "$"
	}
	return strings.Join(parts, "/")
}

var _ http.RoundTripper = tripper{}
