// SPDX-License-Identifier: MIT

//go:build !js

package transport_test

// overlapsFreely: the platform has no limit on connections to one host.
const overlapsFreely = true
