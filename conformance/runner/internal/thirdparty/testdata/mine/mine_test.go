// SPDX-License-Identifier: MIT

package mine

import (
	"testing"

	"github.com/isohttp/isohttp/conformance"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Backend{Name: "mine", Adds: []string{"User-Agent", "Accept-Encoding"},
		New: func(_ conformance.TB, c conformance.Config) (conformance.Transport, error) { return New(c.Config) },
	}, conformance.Tiers(1)) // the contract; tier 2 has what a backend may lack
}
