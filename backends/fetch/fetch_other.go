// SPDX-License-Identifier: MIT

//go:build !js

package fetch

import (
	"context"
	"net/http"

	"github.com/isohttp/isohttp/transport/driver"
)

// platform is empty: there is no fetch here.
type platform struct{}

func (b *Backend) start() error {
	return unsupported(driver.OpNew, name, "")
}

func (platform) release() {}

func (b *Backend) roundTrip(*http.Request) (*http.Response, error) {
	return nil, unsupported(driver.OpSend, name, "")
}

func (platform) answers(context.Context, string, string) (bool, error) {
	return false, unsupported(driver.OpSend, name, "")
}
