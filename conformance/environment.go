// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// EnvFeatures is the environment variable in which a runner names the features of the
// surroundings that it has prepared for its guest, separated by commas. They count as if
// Backend.Environment had them.
const EnvFeatures = "ISOHTTP_FEATURES"

// AliasHost is a name for the origin, which only an engine knows that was told it: the test
// authority's certificates have it, no name server has (RFC 6761).
const AliasHost = "origin.test"

// The features of the surroundings that cases need. The set is closed.
const (
	featureCA     = "ca"         // the engine trusts the origin's authority, or takes Config.RootCA
	featureAlias  = "alias-host" // this is a page of https, and AliasHost leads to the origin
	featureIPv6   = "ipv6"       // the origin listens on ::1
	featureProxy  = "proxy"      // the origin has proxies
	featureInject = "inject"     // the host fails with an error code that the request names
	featureGrants = "grants"     // the host grants destinations, and denies others
)

func features() []string {
	return []string{featureCA, featureAlias, featureIPv6, featureProxy, featureInject, featureGrants}
}

// Demand says which features of the surroundings the profile must have: one that is missing
// is a failure. Without this option a case that lacks one is in state env, and Golden
// lets that pass.
func Demand(features ...string) Option {
	return func(s *settings) { s.demanded = append([]string{}, features...) }
}

// survey finds out which features there are: those that the backend's author names, those that
// the runner has prepared, and those that come with the origin.
func (r *run) survey() error {
	r.features = slices.Clone(r.backend.Environment)
	r.features = append(r.features, strings.FieldsFunc(os.Getenv(EnvFeatures), func(c rune) bool { return c == ',' })...)
	if r.witness.addrs.IPv6 != "" {
		r.features = append(r.features, featureIPv6)
	}
	if r.witness.addrs.Proxy != "" {
		r.features = append(r.features, featureProxy)
	}
	for _, f := range slices.Concat(r.features, r.demanded) {
		if !slices.Contains(features(), f) {
			return fmt.Errorf("conformance: there is no feature %q of the surroundings", f)
		}
	}
	for _, f := range r.demanded {
		if !r.offers(f) {
			return fmt.Errorf("conformance: %s must have the feature %q of the surroundings, and has only %q", r.backend.Name, f, r.features)
		}
	}
	return nil
}

// offers reports whether the surroundings have a feature.
func (r *run) offers(feature string) bool { return slices.Contains(r.features, feature) }

// Offers reports whether the surroundings have a feature. It is for cases that can do with
// and without; what a case must have stands in the catalogue.
func (t *T) Offers(feature string) bool { return t.run.offers(feature) }
