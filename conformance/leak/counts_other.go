// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package leak

// references returns None: there is no JavaScript.
func references() int { return None }

// handles returns None: there is no WASI host.
func handles() int { return None }
