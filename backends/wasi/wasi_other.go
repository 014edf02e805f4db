// SPDX-License-Identifier: MIT

//go:build !wasip1

package wasi

import (
	"net/http"

	"github.com/isohttp/isohttp/transport/driver"
)

func available() error { return unsupported(driver.OpNew) }

func (b *Backend) roundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return nil, unsupported(driver.OpSend)
}

func unsupported(op string) error {
	return &driver.Error{Op: op, Kind: driver.KindUnsupported, Backend: name,
		Err: &driver.Unsupported{Feature: "wasi:http", Reason: "the program was not built for GOOS=wasip1"}}
}
