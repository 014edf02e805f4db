// SPDX-License-Identifier: MIT

package conformance

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The scenarios of this file are the service behind an SDK: it fails and recovers, asks for
// a token, takes its time, and has more than fits on a page.

// nth returns how many requests with the exchange's target the origin has seen so far, this
// one included.
func (x *exchange) nth() (n int) {
	events, _ := x.origin.log.snapshot(x.token)
	for _, e := range events {
		var seen struct {
			Target string `json:"target"`
			Method string `json:"method"`
		}
		if e.Kind == EventRequest && json.Unmarshal(e.Data, &seen) == nil && seen.Target == x.r.RequestURI && seen.Method == x.r.Method {
			n++
		}
	}
	return n
}

// flaky does ?step=S for the first request with its method and target, the next one for the
// second, and so on; the last one stays. A step is a status, "early-" and a status (sent
// before the body is read, which happens at the gate "go"), "stall-" and a status (the
// answer does not end before the gate), "cut" (a body that is shorter than its length) or
// "hang" (no answer before the gate). ?header=NAME:VALUE are further fields.
func (x *exchange) flaky() {
	steps := x.q["step"]
	step := "200"
	if len(steps) > 0 {
		step = steps[min(max(x.nth(), 1), len(steps))-1]
	}
	h := x.w.Header()
	h.Set("Content-Type", "text/plain")
	for _, line := range x.q["header"] {
		name, value, _ := strings.Cut(line, ":")
		h.Set(name, value)
	}
	if id := x.r.Header.Get("X-Ms-Client-Request-Id"); id != "" {
		h.Set("X-Ms-Client-Request-Id", id)
	}
	how, code, _ := strings.Cut(step, "-")
	switch status, err := strconv.Atoi(code); {
	case how == "early" && err == nil:
		http.NewResponseController(x.w).EnableFullDuplex()
		h.Set("Content-Length", "0") // it is whole, though the request is not
		x.w.WriteHeader(status)
		x.flush()
		if x.wait("go") {
			x.readBody(nil)
		}
	case how == "stall" && err == nil:
		x.readBody(nil)
		x.w.WriteHeader(status)
		io.WriteString(x.w, "stalled")
		x.flush()
		x.wait("go")
	case step == "cut":
		if _, _, ok := x.readBody(nil); ok {
			x.cut()
		}
	case step == "hang":
		x.hang()
	default:
		_, sum, ok := x.readBody(nil)
		if status, err := strconv.Atoi(step); ok && err == nil {
			h.Set("X-Test", sum)
			x.w.WriteHeader(status)
			io.WriteString(x.w, "flaky")
		}
	}
}

// flakyStep reports whether flaky knows a step.
func flakyStep(step string) bool {
	if step == "cut" || step == "hang" {
		return true
	}
	code := strings.TrimPrefix(step, "early-")
	if code == step {
		code = strings.TrimPrefix(step, "stall-")
	}
	status, err := strconv.Atoi(code)
	return err == nil && status >= 200 && status < 600
}

// bearer answers 401 with the challenge ?challenge=C, after the request's body, to all that do
// not have the token ?want=T, and 200 to those that do.
func (x *exchange) bearer() {
	if _, _, ok := x.readBody(nil); !ok {
		return
	}
	if x.r.Header.Get("Authorization") == "Bearer "+x.q.Get("want") {
		io.WriteString(x.w, "welcome")
		return
	}
	x.w.Header().Set("Www-Authenticate", x.q.Get("challenge"))
	x.w.WriteHeader(http.StatusUnauthorized)
	io.WriteString(x.w, "who is there")
}

// here returns the absolute URL of another scenario of the token, or of this one.
func (x *exchange) here(scenario string, q url.Values) string {
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.r.Host + "/t/" + x.token + "/" + scenario + "?" + q.Encode()
}

// operation is a long-running operation. The first request, which is no GET, is answered
// with 202 and, in the field ?via=NAME, with the URL to ask for its state. That says
// "InProgress" until it was asked ?polls=N times, and then ?end=STATE ("Succeeded"). The field
// Location has the URL of the result, which is also where state and result are the same
// ("via" is "Location").
func (x *exchange) operation() {
	via, end := x.q.Get("via"), x.q.Get("end")
	if end == "" {
		end = "Succeeded"
	}
	h := x.w.Header()
	with := func(what string) string {
		q := url.Values{"via": {via}, "end": {end}, "polls": {strconv.Itoa(x.number("polls", 1))}, "what": {what}}
		return x.here("lro", q)
	}
	ready := x.nth() >= max(x.number("polls", 1), 1)
	switch what := x.q.Get("what"); {
	case x.r.Method != http.MethodGet:
		if _, _, ok := x.readBody(nil); !ok {
			return
		}
		h.Set("Location", with("result"))
		if via != "Location" {
			h.Set(via, with("state"))
		}
		h.Set("Retry-After-Ms", "1")
		x.w.WriteHeader(http.StatusAccepted)
	case what == "state" && !ready, what == "result" && via == "Location" && !ready:
		h.Set("Retry-After-Ms", "1")
		if what == "result" {
			x.w.WriteHeader(http.StatusAccepted)
		}
		writeJSON(x.w, map[string]any{"status": "InProgress"})
	case what == "state":
		writeJSON(x.w, map[string]any{"status": end, "error": map[string]string{"code": "OperationEnded", "message": end}})
	default:
		writeJSON(x.w, map[string]any{"name": "made by " + via})
	}
}

// pages answers with page ?page=N (1) of ?of=M and the URL of the next one.
func (x *exchange) pages() {
	n, of := max(x.number("page", 1), 1), x.number("of", 1)
	page := map[string]any{"value": []int{10 * n, 10*n + 1}}
	if n < of {
		page["nextLink"] = x.here("pages", url.Values{"page": {strconv.Itoa(n + 1)}, "of": {strconv.Itoa(of)}})
	}
	writeJSON(x.w, page)
}
