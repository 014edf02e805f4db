// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// heard returns an origin that has been told what a guest says, and that has seen one request
// under the token "seen".
func heard(t *testing.T, claim *Claim, verdicts ...Verdict) *Judgement {
	t.Helper()
	o := &Origin{log: newEventLog()}
	for _, token := range []string{"seen", afterToken("seen")} {
		o.log.add(token, EventRequest, 1, Echo{Method: http.MethodGet, Header: map[string][]string{"X-Added": {"a"}}})
	}
	o.verdicts.verdicts = verdicts
	if claim != nil {
		o.verdicts.claims = []Claim{*claim}
	}
	return o.Judgement()
}

func TestJudgementOfVerdicts(t *testing.T) {
	once := []OriginCheck{Count(EventRequest, 1)}
	for what, c := range map[string]struct {
		verdict Verdict
		want    string // in the error; empty for none
	}{
		"true":                {Verdict{ID: "XX-01", Token: "seen", State: StatePass, Checks: once}, ""},
		"no traffic":          {Verdict{ID: "XX-01", Token: "none", State: StatePass, Checks: once}, "saw 0 requests, want 1"},
		"no traffic, neg":     {Verdict{ID: "XX-01", Token: "none", State: StateNeg, Checks: once}, "saw 0 requests, want 1"},
		"nothing to check":    {Verdict{ID: "XX-01", Token: "none", State: StatePass}, "has not seen the GET that ends every case"},
		"another number":      {Verdict{ID: "XX-01", Token: "seen", State: StatePass, Checks: []OriginCheck{Count(EventRequest, 2)}}, "saw 1 requests, want 2"},
		"an addition":         {Verdict{ID: "XX-01", Token: "seen", State: StatePass, Checks: []OriginCheck{{Rule: RuleFields, Kind: EventRequest}}}, "the headers X-Added"},
		"an unknown rule":     {Verdict{ID: "XX-01", Token: "seen", State: StatePass, Checks: []OriginCheck{{Rule: "hope"}}}, `no rule "hope"`},
		"the catalogue's own": {Verdict{ID: "ER-11", Token: "seen", State: StatePass}, "saw 1 requests, want 0"},
		"no negative form":    {Verdict{ID: "CT-02", Token: "seen", State: StateNeg}, "has no negative form"},
		"a failure":           {Verdict{ID: "XX-01", Token: "none", State: StateFail, Checks: once}, ""},
		"broken on purpose":   {Verdict{ID: "XX-01", Token: "none", State: StatePass, Broken: "throws"}, ""},
		"broken, it says":     {Verdict{ID: "CT-02", Token: "none", State: StatePass, Broken: "throws"}, "has not seen the GET"},
	} {
		err := heard(t, nil, c.verdict).Err()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error that says %q", what, err, c.want)
		}
	}
}

func TestJudgementOfClaims(t *testing.T) {
	states := make(map[string]State)
	for _, c := range Cases() {
		states[c.ID] = StateSlow
		if c.Tier == 0 {
			states[c.ID] = StateFail
		}
	}
	for what, c := range map[string]struct {
		id    string
		state State
		want  string
	}{
		"as it was":              {"CT-02", StateFail, ""},
		"no verdict":             {"CT-02", StatePass, "CT-02 is said to be pass, but the guest has not said how it went"},
		"another verdict":        {"CT-01", StateXFail, "CT-01 is said to be xfail, but the guest has also said that it is pass"},
		"na of one's own":        {"CT-02", StateNA, "the catalogue has no reason for it"},
		"na of the catalogue's":  {"ER-10", StateNA, ""},
		"env without need":       {"CT-02", StateEnv, "it needs nothing of the surroundings"},
		"env":                    {"RL-12", StateEnv, ""},
		"a slow bootstrap":       {"CT-02", StateSlow, "it is of tier 0"},
		"todo, and there is one": {"CT-02", StateTodo, "there is code for it"},
		"no state":               {"CT-02", "fine", "there is no such state"},
		"missing":                {"CT-02", "", "the guest says nothing of it"},
		"a case of its own":      {"XX-01", StatePass, "XX-01 is said to be pass, but the guest has not said how it went"},
	} {
		claim := &Claim{Run: "1", Profile: "nethttp", States: maps.Clone(states)}
		claim.States[c.id] = c.state
		if c.state == "" {
			delete(claim.States, c.id)
		}
		j := heard(t, claim, Verdict{Run: "1", Profile: "nethttp", ID: "CT-01", Token: "seen", State: StatePass})
		j.Problems = slices.DeleteFunc(j.Problems, func(p string) bool { return strings.Contains(p, "CT-01 is said to be pass") })
		err := j.Err()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error that says %q", what, err, c.want)
		}
		i := slices.IndexFunc(j.Reports[0].Results, func(r Result) bool { return r.ID == c.id })
		if got := j.Reports[0].Results[i]; (got.State == StateFail) != (c.want != "" || c.state == StateFail) {
			t.Errorf("%s: the report has %v", what, got)
		}
	}
}

// What the host says of a case has all that the guest says of a failure.
func TestGhostMessage(t *testing.T) {
	node := Invocation{Command: "GOOS=js GOARCH=wasm go test -exec nodeexec", Test: "TestProfile", Package: "a/b"}
	v := Verdict{Run: "1", Profile: "fetch/node", ID: "HR-03", Token: "seen", State: StateNeg, Invocation: node,
		Checks: []OriginCheck{Count(EventRequest, 2)}}
	row := catalogued(t, v.ID)
	line := "  again: GOOS=js GOARCH=wasm go test -exec nodeexec -run '^TestProfile$/^HR$/^" + caseName(row.ID, row.Title) + "$' a/b"
	wants(t, heard(t, nil, v).Err().Error(), "ghost: fetch/node HR-03 is said to be neg, but the origin saw 1 requests, want 2\n",
		"  HR-03 "+row.Title+" (", "  profile: fetch/node, form: neg of hdr.set_cookie\n", "  contract: "+row.Contract+"\n",
		"  the origin's events:\n    1 request 0.000s {", "X-Added", line)

	own := Verdict{Profile: "mine", ID: "XX-01", Token: "none", State: StateNeg, Title: "a title", Contract: "a contract", Gate: "reason"}
	wants(t, heard(t, nil, own).Err().Error(), "  XX-01 a title\n  profile: mine, form: neg of reason\n  contract: a contract\n  the origin's events: none")

	claim := &Claim{Run: "1", Profile: "fetch/node", States: map[string]State{"HR-03": StatePass}, Invocation: node}
	wants(t, heard(t, claim).Err().Error(), "HR-03 is said to be pass, but the guest has not said how it went\n  HR-03 "+row.Title+" (", row.Contract, line)
}

// catalogued returns a case of the catalogue.
func catalogued(t *testing.T, id string) Case {
	t.Helper()
	for _, c := range Cases() {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no case %s", id)
	return Case{}
}

// forgedLog answers for the event log, and passes everything else on.
type forgedLog struct {
	http.RoundTripper
	events string
}

func (f forgedLog) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path != "/events" {
		return f.RoundTripper.RoundTrip(req)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(f.events)), Request: req}, nil
}

// The guest is deceived about what the origin saw, and the origin is asked again.
func TestCheckJudgesTwice(t *testing.T) {
	c := must("XX-01", func(t *T) {
		t.run.witness.rt = forgedLog{t.run.witness.rt, `[{"seq":1,"kind":"request","data":{}},{"seq":2,"kind":"done"}]`}
		t.Requests(1, 1)
		t.True(true, "")
	}, Count(EventRequest, 1))
	c.Title, c.Contract = "a title", "a contract"
	report, err := Check(t.Context(), plainBackend(), Extra(c), Only(c.ID))
	if report == nil || report.Results[0].State != StatePass || err == nil {
		t.Fatalf("%v, %v; want a guest that is content, and an error", report, err)
	}
	wants(t, err.Error(), "ghost: nethttp XX-01 is said to be pass, but the origin has seen nothing",
		"but the origin saw 0 requests, want 1\n  XX-01 a title\n  profile: nethttp\n  contract: a contract\n  the origin's events: none\n",
		"  again, with a test that calls Run: go test -run '/^XX$/^XX-01-a-title$' github.com/isohttp/isohttp/conformance")
}
