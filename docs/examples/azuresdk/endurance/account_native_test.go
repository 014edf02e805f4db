// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package endurance

import (
	"context"
	"os"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/killable"
	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/where"
)

// open returns the account that the environment names, or starts one.
func open() (where.Account, func() error, error) {
	if a, err := where.FromEnviron(); err == nil {
		return a, func() error { return nil }, nil
	}
	s, err := killable.Start(context.Background(), os.Stderr)
	if err != nil {
		return where.Account{}, nil, err
	}
	return s.Account(), s.Close, nil
}
