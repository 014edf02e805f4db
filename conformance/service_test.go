// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/sdkcases"
)

// TestServiceScenarios asks the service behind the SDKs' cases without an SDK.
func TestServiceScenarios(t *testing.T) {
	o := start(t)
	url := func(scenario string, pairs ...string) string {
		return conformance.ScenarioURL(o.URL(), "x", scenario, pairs...)
	}
	get := func(method, url string, header ...string) (int, http.Header, string) {
		resp := request(t, method, url, header...)
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, resp.Header, string(body)
	}
	steps := url("flaky", "step", "503", "step", "cut", "step", "201", "header", "Retry-After:7")
	if status, h, body := get("GET", steps); status != 503 || h.Get("Retry-After") != "7" || body != "flaky" {
		t.Errorf("first step: %d %v %q", status, h, body)
	}
	if _, _, body := get("GET", steps); len(body) != 100 {
		t.Errorf("second step: %d bytes, want 100 of 1000", len(body))
	}
	for range 2 { // the last one stays
		if status, _, _ := get("GET", steps); status != 201 {
			t.Errorf("last step: %d", status)
		}
	}
	if status, _, _ := get("PUT", steps); status != 503 {
		t.Errorf("another method begins with %d", status)
	}

	door := url("bearer", "want", "b", "challenge", "Bearer a")
	if status, h, _ := get("GET", door, "Authorization", "Bearer a"); status != 401 || h.Get("WWW-Authenticate") != "Bearer a" {
		t.Errorf("the wrong token: %d %v", status, h)
	}
	if status, _, body := get("GET", door, "Authorization", "Bearer b"); status != 200 || body != "welcome" {
		t.Errorf("the right token: %d %q", status, body)
	}

	status, h, _ := get("POST", url("lro", "via", "Operation-Location", "polls", "2"))
	state, result := h.Get("Operation-Location"), h.Get("Location")
	if status != 202 || state == "" || result == "" {
		t.Fatalf("an operation: %d %v", status, h)
	}
	for _, want := range []string{"InProgress", "Succeeded"} {
		if _, _, body := get("GET", state); !strings.Contains(body, want) {
			t.Errorf("state: %s, want %s", body, want)
		}
	}
	if _, _, body := get("GET", result); !strings.Contains(body, "made by Operation-Location") {
		t.Errorf("result: %s", body)
	}

	var all []int
	for link := url("pages", "of", "3"); link != ""; {
		var page struct {
			Value    []int
			NextLink string
		}
		_, _, body := get("GET", link)
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		all, link = append(all, page.Value...), page.NextLink
	}
	if !slices.Equal(all, []int{10, 11, 20, 21, 30, 31}) {
		t.Errorf("pages: %v", all)
	}
}

// TestSDKCasesAreAnAddOn wants exactly the two groups in sdkcases, and a run to have them
// when it is given them, and only then.
func TestSDKCasesAreAnAddOn(t *testing.T) {
	var ids, want []string
	for _, c := range sdkcases.Cases() {
		ids = append(ids, c.ID)
	}
	for _, c := range conformance.Cases() {
		if g := c.Group(); g == "RT" || g == "AZ" {
			want = append(want, c.ID)
		}
	}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) || len(want) != 14 {
		t.Errorf("sdkcases has %v, want %v", ids, want)
	}
	b := conformance.Backend{Name: "nethttp", New: func(conformance.TB, conformance.Config) (conformance.Transport, error) {
		return nil, io.EOF // every case fails at once: which there are is all that counts
	}}
	for _, c := range []struct {
		opts  []conformance.Option
		cases int
	}{{nil, 211 - 14}, {[]conformance.Option{conformance.Extra(sdkcases.Cases()...)}, 211}} {
		report, _ := conformance.Check(t.Context(), b, c.opts...)
		if report == nil || len(report.Results) != c.cases {
			t.Errorf("a run has %v cases, want %d", report, c.cases)
		}
	}
}
