// SPDX-License-Identifier: MIT

package transport

import (
	"github.com/isohttp/isohttp/backends/wasi"
	"github.com/isohttp/isohttp/transport/driver"
)

func newDefault() (driver.Backend, error) { return wasi.New(nil) }
