// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package transport

import (
	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport/driver"
)

func newDefault() (driver.Backend, error) { return nethttp.New(nil) }
