// SPDX-License-Identifier: MIT

package transport

import "github.com/isohttp/isohttp/transport/driver"

// Error is the error of every method in this package. See [driver.Error].
type Error = driver.Error

// Kind is the class of an Error, and an error itself:
//
//	if errors.Is(err, transport.KindTimeout) { ... }
type Kind = driver.Kind

// Unsupported is in the chain of an Error of KindUnsupported and names what the
// platform lacks.
type Unsupported = driver.Unsupported

// The kinds. Package driver describes what each one covers and matches.
const (
	KindOther       = driver.KindOther
	KindInvalid     = driver.KindInvalid
	KindUnsupported = driver.KindUnsupported
	KindCanceled    = driver.KindCanceled
	KindTimeout     = driver.KindTimeout
	KindNetwork     = driver.KindNetwork
	KindTLS         = driver.KindTLS
	KindProtocol    = driver.KindProtocol
	KindDenied      = driver.KindDenied
	KindLimit       = driver.KindLimit
)

// Capabilities is what the platform can do. See [driver.Capabilities].
type Capabilities = driver.Capabilities

// Capability names one thing that only some platforms can do.
type Capability = driver.Capability

// cleaned returns an error whose text has no URL in it. What errors.Is and errors.As find in
// err they still find.
func cleaned(err error) error {
	err = withoutURL(err)
	return driver.WithText(err, driver.CleanText(err.Error()))
}
