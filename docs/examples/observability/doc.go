// SPDX-License-Identifier: MIT

// Package observability has recipes for seeing what a Transport does: spans of OpenTelemetry,
// lines of log/slog, request ids, and the events of net/http/httptrace where they exist. They
// are short, and meant to be copied. docs/observability.md describes them.
//
// The tests run them natively, in Chromium, in Node and in WASI hosts, and ask the test
// origin what has reached it.
//
// It is a module of its own, so that nobody else is given OpenTelemetry.
package observability
