// SPDX-License-Identifier: MIT

//go:build js || wasip1

package endurance

import "github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/where"

// open returns the account that the environment names: a guest cannot start programs.
func open() (where.Account, func() error, error) {
	a, err := where.FromEnviron()
	return a, func() error { return nil }, err
}
