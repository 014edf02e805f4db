// SPDX-License-Identifier: MIT

package conformance_test

import (
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
)

// onPage reports whether the tests run in a page, and not in Node.
func onPage() bool { return os.Getenv(conformance.EnvRunner) == "browserexec" }

// counting believes the length that a page sees, also where the content coding is hidden.
type counting struct{ conformance.Transport }

func (c counting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.Transport.RoundTrip(req)
	if err == nil && req.Method != http.MethodHead {
		if n, bad := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64); bad == nil {
			resp.Body = &counted{ReadCloser: resp.Body, left: n}
		}
	}
	return resp, err
}

func (c counting) Do(req *http.Request) (*http.Response, error) { return c.RoundTrip(req) }

// counted is a body that is to have so many bytes.
type counted struct {
	io.ReadCloser
	left int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.left -= int64(n)
	if err == io.EOF && c.left != 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// The fault "false UEOF on hidden coding" needs a page, for nobody else hides fields. All cases
// about bodies and about fields of other origins are run; only the one for it may fail. In
// Node it has no meaning.
func TestHiddenCodingFault(t *testing.T) {
	b := profile(t)
	b.Deviations = nil
	b.New = func(tb conformance.TB, c conformance.Config) (conformance.Transport, error) {
		tr, err := newTransport(tb, c)
		if err != nil {
			return nil, err
		}
		return counting{tr}, nil
	}
	ids := []string{"DN-01", "DN-02", "DN-03", "DN-04", "DN-09", "DN-11", "DN-14", "DN-16", "DN-17", "DN-18", "DN-19",
		"DN-23", "DN-24", "DN-25", "DN-29", "DN-31", "HR-01", "HR-09", "ST-01", "UP-04"}
	report, _ := conformance.Check(t.Context(), b, conformance.Only(ids...))
	if report == nil || len(report.Results) != len(ids) {
		t.Fatal("the suite did not run")
	}
	for _, res := range report.Results {
		want := conformance.StatePass
		if res.ID == "DN-31" {
			want = conformance.StateNA
			if onPage() {
				want = conformance.StateFail
			}
		}
		if res.State != want && !(want == conformance.StatePass && res.State == conformance.StateNeg) {
			t.Errorf("%s is %s, want %s\n%s", res.ID, res.State, want, res.Reason)
		}
	}
}

// standardFails are the cases that the standard library's transport for js fails in a page: as
// net/http's roundtrip_js.go has it, and as was seen with Go 1.26 and Chromium.
func standardFails() []string {
	return []string{"CT-06", "RL-02", "RL-10", "RL-13", "HQ-07", "HQ-12", "UP-09", "UP-10", "UP-11", "UP-18", "DN-11", "DN-19",
		"CX-07", "CX-11", "ER-14", "SC-07", "SC-09"}
}

// standardPasses are some that it passes. Without them, that the others fail would say nothing.
func standardPasses() []string {
	return []string{"CT-01", "CT-02", "RL-01", "RL-06", "HQ-01", "HQ-08", "HR-01", "UP-04", "DN-02", "DN-08", "ST-02", "CC-01", "CC-03"}
}

// standard is the suite's entry of http.DefaultTransport in a page. It lacks what the platform
// does, and no more: what it could do and does not is for the suite to find.
func standard(t *testing.T) conformance.Backend {
	b := profile(t)
	b.Deviations, b.Declared, b.Held = nil, nil, nil // it declares, and may hold, other things than our transport
	ours, err := newTransport(t, conformance.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var lacks []driver.Capability
	for _, c := range driver.AllCapabilities() {
		if !ours.Capabilities().Has(c) {
			lacks = append(lacks, c)
		}
	}
	b.New = func(conformance.TB, conformance.Config) (conformance.Transport, error) {
		return conformance.Adapt(http.DefaultTransport, lacks...), nil
	}
	return b
}

// A suite that the standard library's transport passes would be too weak. The suite survives
// its panics and its hanging: each case has an end of its own.
func TestStandardTransport(t *testing.T) {
	if !onPage() {
		// Whether it takes notice of Node's fetch depends on the name that Node was started
		// by. What it does to a bad request does not.
		bad := []string{"CT-06", "HQ-07", "RL-13"}
		report, err := conformance.Check(t.Context(), standard(t), conformance.Only(bad...))
		if report == nil || len(report.Failed()) != len(bad) {
			t.Fatalf("in Node http.DefaultTransport passes some of %v: %v", bad, err)
		}
		for _, res := range report.Failed() {
			ran(t, res)
		}
		return
	}
	// The bootstrap is among those that pass, so that these come first.
	passes, fails := standardPasses(), standardFails()
	report, err := conformance.Check(t.Context(), standard(t), conformance.Only(append(passes, fails...)...),
		conformance.TimeScale(0.5), conformance.Progress(os.Stderr))
	if report == nil || len(report.Results) != len(passes)+len(fails) {
		t.Fatalf("the suite did not run: %v", err)
	}
	states := make(map[string]conformance.Result)
	for _, res := range report.Results {
		states[res.ID] = res
	}
	for _, id := range passes {
		if s := states[id].State; s != conformance.StatePass && s != conformance.StateNeg {
			t.Errorf("%s is %s: the failures of others would say little\n%s", id, s, states[id].Reason)
		}
	}
	for _, id := range fails {
		if s := states[id].State; s != conformance.StateFail {
			t.Errorf("http.DefaultTransport does not fail %s: it is %s", id, s)
		}
		ran(t, states[id])
		t.Logf("%s\n%s", id, states[id].Reason)
	}
}

// ran complains about a case that failed without having been run.
func ran(t *testing.T, res conformance.Result) {
	t.Helper()
	if strings.Contains(res.Reason, "was not run") {
		t.Errorf("%s", res.Reason)
	}
}
