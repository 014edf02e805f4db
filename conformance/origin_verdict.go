// SPDX-License-Identifier: MIT

package conformance

import (
	"encoding/json"
	"net/http"
	"sync"
)

// Verdict is what a guest says about one case that it has run. A guest leaves it at its
// origin, so that who runs the guest can compare it with the log.
type Verdict struct {
	Run     string        `json:"run"` // a number of the guest's run of the suite
	Profile string        `json:"profile"`
	ID      string        `json:"id"`
	Token   string        `json:"token"`
	State   State         `json:"state"`
	Broken  string        `json:"broken,omitempty"` // Config.Broken: the transport cannot serve
	Checks  []OriginCheck `json:"checks,omitempty"`

	// What there is to say of a case that the catalogue does not have.
	Title    string `json:"title,omitempty"`
	Contract string `json:"contract,omitempty"`
	Gate     string `json:"gate,omitempty"`

	Invocation Invocation `json:"invocation"`
}

// Claim is what a guest says at the end of a run of the whole suite: the state of every case,
// also of those that were not run.
type Claim struct {
	Run     string           `json:"run"`
	Profile string           `json:"profile"`
	Engine  string           `json:"engine,omitempty"`
	States  map[string]State `json:"states"` // by id

	Invocation Invocation `json:"invocation"`
}

// verdictLog has what guests have said, in the order in which it came.
type verdictLog struct {
	mu       sync.Mutex
	verdicts []Verdict
	claims   []Claim
}

// serve answers /verdict?v=JSON.
func (l *verdictLog) serve(w http.ResponseWriter, r *http.Request) {
	q, no := refused(w, r, "v=text!")
	if no {
		return
	}
	var v Verdict
	if err := json.Unmarshal([]byte(q.Get("v")), &v); err != nil || v.ID == "" {
		http.Error(w, "v is not a verdict", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	l.verdicts = append(l.verdicts, v)
	l.mu.Unlock()
	writeJSON(w, true)
}

// serveClaim answers /claim?c=JSON.
func (l *verdictLog) serveClaim(w http.ResponseWriter, r *http.Request) {
	q, no := refused(w, r, "c=text!")
	if no {
		return
	}
	var c Claim
	if err := json.Unmarshal([]byte(q.Get("c")), &c); err != nil || c.Profile == "" || len(c.States) == 0 {
		http.Error(w, "c is not a claim", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	l.claims = append(l.claims, c)
	l.mu.Unlock()
	writeJSON(w, true)
}

// of returns what was said by one run, or by all when run is empty.
func (l *verdictLog) of(run string) (verdicts []Verdict, claims []Claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.verdicts {
		if run == "" || v.Run == run {
			verdicts = append(verdicts, v)
		}
	}
	for _, c := range l.claims {
		if run == "" || c.Run == run {
			claims = append(claims, c)
		}
	}
	return verdicts, claims
}
