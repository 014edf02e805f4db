// SPDX-License-Identifier: MIT

//go:build js || wasip1

package azuresdk

import "github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"

// services returns those that the environment names: a guest cannot start programs.
func services() (settings.Settings, func() error, error) {
	s, err := settings.FromEnviron()
	return s, func() error { return nil }, err
}
