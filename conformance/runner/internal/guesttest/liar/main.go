// SPDX-License-Identifier: MIT

// Command liar is a guest that says of conformance cases that they have passed, truly or not.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

func main() {
	tr := transport.Default()
	w, err := conformance.Connect(tr)
	check(err)
	l := &liar{w: w, tr: tr, token: w.Token()}
	once := []conformance.OriginCheck{conformance.Count(conformance.EventRequest, 1)}
	twice := []conformance.OriginCheck{conformance.Count(conformance.EventRequest, 2)}
	switch os.Args[1] {
	case "honest":
		l.get("status", l.token)
		l.get("status", l.token+"-after")
		l.verdict("CT-01", conformance.StatePass, once)
	case "silent": // success without traffic
		l.verdict("CT-01", conformance.StatePass, once)
	case "unchecked": // the same, and without anything to check
		l.verdict("CT-01", conformance.StatePass, nil)
	case "false": // traffic, but other than what the case wants
		l.get("status", l.token)
		l.get("status", l.token+"-after")
		l.verdict("CT-01", conformance.StatePass, twice)
	case "claim": // a whole suite that has not been run
		c := conformance.Claim{Run: "1", Profile: "nethttp", States: make(map[string]conformance.State)}
		for _, known := range conformance.Cases() {
			c.States[known.ID] = conformance.StatePass
		}
		l.say("claim", "c", c)
	case "forge":
		l.forge()
	}
}

type liar struct {
	w     *conformance.Witness
	tr    *transport.Transport
	token string
}

func (l *liar) get(scenario, token string) { l.fetch(l.w.URL(token, scenario)) }

func (l *liar) fetch(url string) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	check(err)
	resp, err := l.tr.RoundTrip(req)
	check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	check(err)
	if resp.StatusCode != http.StatusOK {
		check(fmt.Errorf("%s: %s", resp.Status, body))
	}
}

func (l *liar) verdict(id string, state conformance.State, checks []conformance.OriginCheck) {
	l.say("verdict", "v", conformance.Verdict{Run: "1", Profile: "nethttp", ID: id, Token: l.token, State: state, Checks: checks})
}

func (l *liar) say(path, name string, what any) {
	text, err := json.Marshal(what)
	check(err)
	l.fetch(l.w.Addresses().Main + "/" + path + "?" + url.Values{name: {string(text)}}.Encode())
}

// forge runs the suite's bootstrap and a case of its own over a transport that makes up an
// exchange, and the origin's record of it.
func (l *liar) forge() {
	f := &forger{Transport: l.tr}
	report, err := conformance.Check(context.Background(), conformance.Backend{
		Name: "mine", Adds: []string{"User-Agent", "Accept", "Accept-", "Cache-Control", "Pragma", "Sec-", "Referer", "Origin"},
		New: func(conformance.TB, conformance.Config) (conformance.Transport, error) {
			return f, nil // the same for the case and for the witness
		},
	}, conformance.Tiers(0), conformance.Extra(conformance.Case{
		ID: "XX-01", Title: "forged", Contract: "the origin sees a request", Tier: 0,
		Positive: func(t *conformance.T) {
			t.Send(t.Get(t.URL("status", "code", "200", "forge", "yes")))
			t.Expect(conformance.Count(conformance.EventRequest, 1))
		},
	}))
	if report == nil {
		check(err)
	}
	for _, r := range report.Results {
		if r.ID == "XX-01" {
			fmt.Println("the guest says", r.State)
		}
	}
}

// forger answers requests that ask for it without sending them.
type forger struct {
	conformance.Transport
	forged atomic.Bool
}

func (f *forger) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := ""
	switch {
	case req.URL.Query().Get("forge") != "":
		f.forged.Store(true)
		answer = "status"
	case req.URL.Path == "/events" && f.forged.Load():
		answer = `[{"seq":1,"kind":"request","active":1,"data":{"method":"GET"}},{"seq":2,"kind":"done","active":1}]`
	default:
		return f.Transport.RoundTrip(req)
	}
	resp := &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: make(http.Header), Request: req}
	resp.Body = io.NopCloser(strings.NewReader(answer))
	return resp, nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "liar:", err)
		os.Exit(1)
	}
}
