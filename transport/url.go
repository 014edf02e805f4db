// SPDX-License-Identifier: MIT

package transport

import (
	"errors"
	"net/url"
)

// withoutURL returns err less a *url.Error around it, which prints the whole URL with its
// query, where a signature may be.
func withoutURL(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok || u.Err == nil {
			return err
		}
		err = u.Err
	}
}
