// SPDX-License-Identifier: MIT

// Package endurance has a test that works on a storage account for a long time, on every
// platform: blobs, table entities and queue messages, by several workers at once, with calls
// that are cancelled or run out of time, while the account is killed and started again. At
// the end everything that was acknowledged has to be there, unchanged, and the program has
// to hold what it held at the beginning.
//
//	go run ./azuresdk/endurance/cmd/withkillable -- go test -v ./azuresdk/endurance
//
// ISOHTTP_SOAK=1 makes it as long as "make soak" does. ISOHTTP_SEED repeats a run's choices.
package endurance
