// SPDX-License-Identifier: MIT

// Package local builds the examples' programs and runs the services that they talk to on
// this machine: a language service and a blob store, on loopback and with keys of one run
// only. All that it starts it ends, and what it writes goes to a folder for temporary
// files or to the user's cache folder.
package local
