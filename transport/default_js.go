// SPDX-License-Identifier: MIT

package transport

import (
	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/transport/driver"
)

func newDefault() (driver.Backend, error) { return fetch.New(nil) }
