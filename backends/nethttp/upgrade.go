// SPDX-License-Identifier: MIT

package nethttp

import (
	"io"
	"net/http"

	"github.com/isohttp/isohttp/transport/driver"
)

// upgraded is the stream behind a 101. Its own end is a clean one, for nobody has declared a
// length; any other error has the class that it would have in a response body.
type upgraded struct {
	io.ReadWriteCloser
	req *http.Request
}

// Read implements io.Reader.
func (u *upgraded) Read(p []byte) (int, error) {
	n, err := u.ReadWriteCloser.Read(p)
	if err != nil && err != io.EOF {
		err = wrap(driver.OpRead, u.req, err)
	}
	return n, err
}

// halfCloser ends one direction of a stream, as a TCP or TLS connection can.
type halfCloser interface{ CloseWrite() error }

// upgradedHalves is an upgraded stream whose directions end apart.
type upgradedHalves struct {
	*upgraded
	halfCloser
}

// upgrade returns the body of the 101 that answers req. One that cannot be written to has
// nothing in it: the server did not say what it switches to.
func upgrade(src io.ReadCloser, req *http.Request) io.ReadCloser {
	rwc, ok := src.(io.ReadWriteCloser)
	if !ok {
		return src
	}
	u := &upgraded{rwc, req}
	if half, ok := src.(halfCloser); ok {
		return upgradedHalves{u, half}
	}
	return u
}
