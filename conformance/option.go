// SPDX-License-Identifier: MIT

package conformance

import "io"

// Option changes a run. None turns a case off.
type Option func(*settings)

type settings struct {
	tiers  int
	scale  float64
	pace   float64
	extra  []Case
	golden []byte
	save   func([]byte) error
	log    io.Writer
	// demanded are the features of the surroundings that must be there; nil for no demand.
	demanded []string
	only     []string // ids; the suite's own tests need a few cases at a time
}

// Tiers runs the cases up to a tier; those above are in state slow. The default is 2.
func Tiers(most int) Option { return func(s *settings) { s.tiers = most } }

// TimeScale stretches all limits of waiting, for slow machines.
func TimeScale(factor float64) Option { return func(s *settings) { s.scale = factor } }

// Pace shortens what cases of tier 3 wait for on purpose, the gaps of an event stream say. 1 is
// the default and the figure that the catalogue has.
func Pace(factor float64) Option { return func(s *settings) { s.pace = factor } }

// Extra adds cases of the caller's own, or those of package sdkcases: the groups RT and AZ of
// the catalogue are part of a run that has cases of them.
func Extra(cases ...Case) Option {
	return func(s *settings) { s.extra = append(s.extra, cases...) }
}

// Golden compares the matrix with one that was kept; a difference is a failure. Empty is
// no comparison.
func Golden(matrix []byte) Option { return func(s *settings) { s.golden = matrix } }

// Save is called with the matrix at the end, for keeping it.
func Save(save func(matrix []byte) error) Option { return func(s *settings) { s.save = save } }

// Progress writes a line about every case when it is done.
func Progress(w io.Writer) Option { return func(s *settings) { s.log = w } }
