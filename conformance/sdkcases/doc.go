// SPDX-License-Identifier: MIT

// Package sdkcases has the cases of the conformance suite over the Azure SDK for Go and
// go-retryablehttp: groups AZ and RT of the catalogue. They are apart so that who tests a
// backend with package conformance links neither.
//
//	conformance.Run(t, backend, conformance.Extra(sdkcases.Cases()...))
package sdkcases
