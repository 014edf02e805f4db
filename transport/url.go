// SPDX-License-Identifier: MIT

package transport

import (
	"errors"
	"net/url"
)

// withoutURL returns err less a *url.Error around it, which prints the whole URL with its
// query, where a signature may be.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) && u.Err != nil {
		err = u.Err
	}
	return err
}
