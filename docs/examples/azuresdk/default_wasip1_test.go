// SPDX-License-Identifier: MIT

package azuresdk

// sdkHasTransport reports whether the SDK's own transport works here: there are no sockets.
func sdkHasTransport() bool { return false }
