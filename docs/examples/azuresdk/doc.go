// SPDX-License-Identifier: MIT

// Package azuresdk has tests that run clients of the Azure SDK for Go, as they are
// published, over transport.Default on every platform: azblob, azqueue and aztables against
// Azurite, azidentity and azsecrets against an authority and a vault of the tests' own, and a
// client made of azcore alone, with pollers, pagers and server-sent events, against a service
// of the tests' own.
// They are examples of how each client is given the transport, too.
//
// A guest cannot start the services, and so a command does, which then runs another one
// with their addresses in its environment:
//
//	go run ./azuresdk/cmd/withservices -- go test ./azuresdk
//	GOOS=js GOARCH=wasm go test -exec nodeexec ./azuresdk    # under withservices, too
//
// Natively "go test ./azuresdk" starts them by itself where it is not given any. Both need
// Node and npm for Azurite.
package azuresdk
