// SPDX-License-Identifier: MIT

package launch

import (
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// Offer tells the guest that its surroundings have a feature, "ca" say, which some cases of the
// suite need.
func (g *Guest) Offer(feature string) {
	const prefix = conformance.EnvFeatures + "="
	for i, pair := range g.Env {
		if list, ok := strings.CutPrefix(pair, prefix); ok {
			g.Env[i] = prefix + list + "," + feature
			return
		}
	}
	g.Env = append(g.Env, prefix+feature)
}
