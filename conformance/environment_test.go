// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"encoding/json"
	"strings"
	"testing"
)

// What the surroundings lack is a state of its own where nobody demands it, and a failure of
// the run where somebody does.
func TestDemand(t *testing.T) {
	b := plainBackend()
	report, err := Check(t.Context(), b, Only("ER-07"))
	if err != nil || len(report.Results) != 1 || report.Results[0].State != StateEnv {
		t.Fatalf("without the authority, ER-07 is %+v, %v, want env", report, err)
	}
	golden, err := json.Marshal(&Report{Profile: b.Name, Results: []Result{{ID: "ER-07", State: StatePass}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(t.Context(), b, Only("ER-07"), Golden(golden)); err != nil {
		t.Errorf("undemanded, env in place of pass is an error: %v", err)
	}
	if _, err := Check(t.Context(), b, Only("ER-07"), Golden(golden), Demand()); err == nil || !strings.Contains(err.Error(), "ER-07 was pass and is env") {
		t.Errorf("with nothing demanded of this profile, env in place of pass: %v", err)
	}
	if _, err := Check(t.Context(), b, Only("ER-07"), Demand("ca")); err == nil || !strings.Contains(err.Error(), `must have the feature "ca"`) {
		t.Errorf("a demanded feature that is missing: %v", err)
	}
	t.Setenv(EnvFeatures, "inject,ca")
	if report, err := Check(t.Context(), b, Only("ER-07"), Demand("ca")); report == nil || report.Results[0].State != StateFail {
		t.Errorf("a backend that does not take the authority passes: %v, %v", report, err)
	}
	b.Environment = []string{"moon"}
	if _, err := Check(t.Context(), b, Only("ER-07")); err == nil || !strings.Contains(err.Error(), `no feature "moon"`) {
		t.Errorf("an unknown feature: %v", err)
	}
}
