// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
)

func start(t *testing.T) *conformance.Origin {
	t.Helper()
	o, err := conformance.StartOrigin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func request(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// refusals are requests that the origin refuses, and what it says.
func refusals() map[string]string {
	return map[string]string{
		"/t/x/nothing":                "no such scenario",
		"/t/x/status?code=%zz":        `the query cannot be read: invalid URL escape "%zz"`,
		"/t/x/status?code=200;x=1":    "the query cannot be read: invalid semicolon separator",
		"/t/x/status?code=42":         `code is not a number from 200 to 999: "42"`,
		"/t/x/status?code=1000":       "code is not a number from 200 to 999",
		"/t/x/status?code=101":        "code is not a number from 200 to 999",
		"/t/x/status?code=":           `code is not a number from 200 to 999: ""`,
		"/t/x/status?code=200&code=1": "code is there 2 times",
		"/t/x/status?cors=some":       "cors is none of",
		"/t/x/echo?cors=some":         "cors is none of",

		"/t/x/bytes?bogus=1":          `there is no parameter "bogus" here`,
		"/t/x/bytes?size=-1":          "size is not a number",
		"/t/x/bytes?length=2":         `length is none of ["0" "1"]: "2"`,
		"/t/x/bytes?seed=a":           "seed is not a number",
		"/t/x/gate?first=99999999999": "first is not a number",
		"/t/x/gate?second=0x1":        "second is not a number",
		"/t/x/gate?length=yes":        "length is none of",
		"/t/x/delay?ms=1s":            "ms is not a number",
		"/t/x/cut?declared=many":      "declared is not a number",
		"/t/x/cut?sent=99999999999":   "sent is not a number",
		"/t/x/cut?chunked=true":       "chunked is none of",
		"/t/x/redirect?status=5":      "status is not a number from 300 to 399",
		"/t/x/redirect?status=200":    "status is not a number from 300 to 399",
		"/t/x/redirect?loop=2":        "loop is none of",
		"/t/x/gzip?size=99999999999":  "size is not a number",

		"/t/x/headers?a%20b=c":                    `"a b" is not the name of a field`,
		"/t/x/headers?X-Test=a%0Ab":               "a field X-Test cannot be",
		"/t/x/headers?X-Test=%zz":                 "the query cannot be read",
		"/t/x/encoded":                            "no coding",
		"/t/x/encoded?coding=nope":                "coding is none of",
		"/t/x/encoded?coding=br&size=99999999999": "size is not a number",
		"/t/x/encoded?coding=br&cut=-1":           "cut is not a number",
		"/t/x/encoded?coding=br&corrupt=2":        "corrupt is none of",
		"/t/x/encoded?coding=br&hold=middle":      "hold is none of",
		"/t/x/trickle?chunks=999999":              "chunks is not a number",
		"/t/x/trickle?size=999999":                "size is not a number",
		"/t/x/trickle?gates=2":                    "gates is none of",
		"/t/x/trickle?coding=br":                  "coding is none of",
		"/t/x/trailers?announced=2":               "announced is none of",
		"/t/x/trailers?gate=go":                   "gate is none of",
		"/t/x/interim?code=101":                   `code is no interim: "101"`,
		"/t/x/interim?code=103&code=200":          `code is no interim: "200"`,
		"/t/x/range?size=all":                     "size is not a number",
		"/t/x/script":                             "no name",
		"/t/x/script?name=nothing":                "name is none of",
		"/t/x/large?mib=-1":                       "mib is not a number",
		"/t/x/sse?events=all":                     "events is not a number",
		"/t/x/sse?gap=1s":                         "gap is not a number",
		"/t/x/abort":                              "no gate",
		"/t/x/mismatch?declared=many":             "declared is not a number",
		"/t/x/mismatch?sent=99999999999":          "sent is not a number",
		"/t/x/flaky?step=nonsense":                `step is no step: "nonsense"`,
		"/t/x/flaky?step=200&step=late-200":       `step is no step: "late-200"`,
		"/t/x/flaky?step=early-5":                 "step is no step",
		"/t/x/flaky?step=stall-":                  "step is no step",
		"/t/x/flaky?header=a":                     `header is no line: "a"`,
		"/t/x/bearer?want=a":                      "no challenge",
		"/t/x/bearer?challenge=a":                 "no want",
		"/t/x/lro":                                "no via",
		"/t/x/lro?via=a%20b":                      "via is no field",
		"/t/x/lro?via=Location&polls=a":           "polls is not a number",
		"/t/x/lro?via=Location&end=Never":         "end is none of",
		"/t/x/lro?via=Location&what=else":         "what is none of",
		"/t/x/pages?page=last":                    "page is not a number",
		"/t/x/pages?of=all":                       "of is not a number",
		"/":                                       "no token",
		"/?token=x&more=1":                        "there is no parameter",
		"/events?kind=done":                       "no token",
		"/events?token=x&kind=%zz":                "the query cannot be read",
		"/events?token=x&kind=a":                  "kind is none of",
		"/events?token=x&count=many":              "count is not a number",
		"/events?token=x&timeout=-1":              "timeout is not a number",
		"/release?token=x":                        "no gate",
		"/release?gate=x":                         "no token",
		"/release?token=x&gate=y&gate=z":          "gate is there 2 times",
		"/verdict":                                "no v",
		"/verdict?v=1&w=1":                        "there is no parameter",
		"/verdict?v={}":                           "v is not a verdict",
		"/claim?c=%zz":                            "the query cannot be read",
		"/claim?c={}":                             "c is not a claim",
		"/t/x/status/more?code=%zz":               "the query cannot be read",
		"/t/x/status?code=200&sig=a&sig=b":        "sig is there 2 times",
		"/t/x/hang?m=1":                           "there is no parameter",
	}
}

func TestOriginRefusesWhatItDoesNotKnow(t *testing.T) {
	o := start(t)
	refused := func(path, want string) {
		t.Helper()
		resp := request(t, "GET", o.URL()+path)
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %q, want 400 %q", path, resp.Status, body, want)
		}
	}
	for path, want := range refusals() {
		refused(path, want)
	}
	for scenario, params := range conformance.Parameters() {
		if scenario == "echo" || scenario == "headers" {
			continue // their queries are the client's
		}
		path := "/t/x/" + scenario
		refused(path+"?a=1;b=2", "invalid semicolon separator")
		if !strings.Contains(params, "!") { // else that is what it says
			refused(path+"?bogus=1", "there is no parameter")
		}
		for word := range strings.FieldsSeq(params) {
			name, kind, _ := strings.Cut(word, "=")
			if kind != "text" && kind != "text+" && !tried(scenario, name) {
				t.Errorf("no wrong %s of %s is tried", name, scenario)
			}
		}
	}
}

// tried reports whether a parameter of a scenario is what a request is refused for.
func tried(scenario, name string) bool {
	for path, want := range refusals() {
		rest, ok := strings.CutPrefix(path, "/t/x/"+scenario)
		if ok && (rest == "" || rest[0] == '?') && (strings.HasPrefix(want, name+" is ") || want == "no "+name) {
			return true
		}
	}
	return false
}

// The listener for HTTP/2 by frames has scenarios of its own.
func TestRawHTTP2RefusesWhatItDoesNotKnow(t *testing.T) {
	o := start(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(o.Addresses().CA))
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	for path, want := range map[string]string{
		"nothing":                   "no such scenario",
		"plain?a=%zz":               "the query cannot be read",
		"plain?a=1":                 "there is no parameter",
		"gate":                      "no gate",
		"reset?gate=a&code=b":       "code is not a number",
		"reset?code=1":              "no gate",
		"length?declared=-1":        "declared is not a number",
		"length?sent=99999999999":   "sent is not a number",
		"length?declared=1&sent=%z": "the query cannot be read",
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", o.Addresses().H2Raw+"/t/x/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %q, want 400 %q", path, resp.Status, body, want)
		}
	}
}

func TestOriginPreflight(t *testing.T) {
	o := start(t)
	resp := request(t, "OPTIONS", o.URL()+"/t/x/echo", "Origin", "http://page.test",
		"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-ms-version")
	h := resp.Header
	if resp.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "http://page.test" ||
		h.Get("Access-Control-Allow-Methods") != "PUT" || h.Get("Access-Control-Allow-Headers") != "x-ms-version" {
		t.Errorf("%s %v", resp.Status, h)
	}
}

func TestWitnessSaysWhatWasMissing(t *testing.T) {
	w, err := conformance.Connect(http.DefaultTransport)
	if err != nil {
		t.Fatal(err)
	}
	token := w.Token()
	request(t, "GET", w.URL(token, "status"))
	if _, err := w.Events(t.Context(), token, conformance.EventDone, 1, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	_, err = w.Events(t.Context(), token, conformance.EventGone, 2, time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "0 of 2") || !strings.Contains(err.Error(), "[request done]") {
		t.Errorf("got %v", err)
	}
}

func TestTwoOriginsAtOnce(t *testing.T) {
	a, b := start(t), start(t)
	if a.URL() == b.URL() {
		t.Fatal("the same address twice")
	}
	request(t, "GET", a.URL()+"/t/x/status")
	resp := request(t, "GET", b.URL()+"/events?token=x")
	if body, _ := io.ReadAll(resp.Body); strings.TrimSpace(string(body)) != "null" && strings.TrimSpace(string(body)) != "[]" {
		t.Errorf("the other origin has seen %s", body)
	}
}
