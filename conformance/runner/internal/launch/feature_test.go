// SPDX-License-Identifier: MIT

package launch

import (
	"slices"
	"testing"

	"github.com/isohttp/isohttp/conformance"
)

func TestOffer(t *testing.T) {
	g := &Guest{Env: []string{"A=1"}}
	g.Offer("ca")
	g.Offer("inject")
	if want := []string{"A=1", conformance.EnvFeatures + "=ca,inject"}; !slices.Equal(g.Env, want) {
		t.Errorf("the variables are %q, want %q", g.Env, want)
	}
}
