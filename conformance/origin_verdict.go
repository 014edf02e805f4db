// SPDX-License-Identifier: MIT

package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// Verdict is what a guest says about one case. A guest leaves it at its origin, so that who
// runs the guest can compare it with the log.
type Verdict struct {
	Profile string        `json:"profile"`
	ID      string        `json:"id"`
	Token   string        `json:"token"`
	State   State         `json:"state"`
	Checks  []OriginCheck `json:"checks,omitempty"`
}

// verdictLog has the verdicts in the order in which they came.
type verdictLog struct {
	mu   sync.Mutex
	list []Verdict
}

// serve answers /verdict?v=JSON.
func (l *verdictLog) serve(w http.ResponseWriter, r *http.Request) {
	var v Verdict
	if err := json.Unmarshal([]byte(r.URL.Query().Get("v")), &v); err != nil || v.ID == "" {
		http.Error(w, "v is not a verdict", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	l.list = append(l.list, v)
	l.mu.Unlock()
	writeJSON(w, true)
}

// Judgement is the second opinion about what guests said: every origin check of every case
// that is said to have passed, evaluated again from the origin's own log.
type Judgement struct {
	Verdicts []Verdict
	Problems []string // where the log does not bear a verdict out; empty when all is well
}

// Judgement compares the verdicts that guests have left with the log. It is to be asked for
// when the guest has ended.
func (o *Origin) Judgement() *Judgement {
	o.verdicts.mu.Lock()
	j := &Judgement{Verdicts: o.verdicts.list[:len(o.verdicts.list):len(o.verdicts.list)]}
	o.verdicts.mu.Unlock()
	for _, v := range j.Verdicts {
		if v.State != StatePass && v.State != StateNeg {
			continue
		}
		events, _ := o.log.snapshot(v.Token)
		for _, p := range Judge(events, v.Checks) {
			j.Problems = append(j.Problems, v.Profile+" "+v.ID+" is said to be "+string(v.State)+", but "+p)
		}
	}
	return j
}

// Err returns an error that names every problem, nil if there is none.
func (j *Judgement) Err() error {
	if len(j.Problems) == 0 {
		return nil
	}
	return judgementError(j.Problems)
}

type judgementError []string

func (e judgementError) Error() string {
	return "the origin's log does not bear out what the guest says:\n" + strings.Join(e, "\n")
}
