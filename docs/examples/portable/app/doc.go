// SPDX-License-Identifier: MIT

// Package app is the portable example: a client for language detection, a client for
// blobs, and a command line over both. It has no build tags and asks nowhere which
// platform it is on; the transport that it is given, or transport.Default, is what
// differs.
//
// [Run] is the command line. [Language] and [Store] are the two clients, for programs with
// another user interface.
package app
