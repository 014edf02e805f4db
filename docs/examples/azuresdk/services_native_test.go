// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package azuresdk

import (
	"context"
	"os"

	svc "github.com/isohttp/isohttp/docs/examples/azuresdk/internal/services"
	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
)

// services returns those that the environment names, or starts some.
func services() (settings.Settings, func() error, error) {
	if s, err := settings.FromEnviron(); err == nil {
		return s, func() error { return nil }, nil
	}
	s, err := svc.Start(context.Background(), "azuresdk", os.Stderr)
	if err != nil {
		return settings.Settings{}, nil, err
	}
	return s.Settings(), s.Close, nil
}

// sdkHasTransport reports whether the SDK's own transport works here.
func sdkHasTransport() bool { return true }
