// SPDX-License-Identifier: MIT

// Package azure puts a Transport under clients of the Azure SDK for Go, and says what a
// service has to allow so that a page may use it.
//
//	opts := &azblob.ClientOptions{
//		ClientOptions: azure.ClientOptions(transport.Default(), policy.ClientOptions{}),
//	}
//
// Every client that takes policy.ClientOptions (azcore.ClientOptions is the same type) takes
// them, the credentials of azidentity too. Retries stay azcore's: a Transport does not
// retry, and its errors tell azcore's policy which failures are final.
//
// # Pages
//
// A page reaches a service on another origin only as far as the service's CORS rules let it.
// BlobRule, QueueRule, TableRule and ServiceRule have what azcore and the storage clients
// need, as data to apply and as a sentence to print.
//
// A page cannot be sure to send a User-Agent, and one that does makes it part of what
// CORS must allow. A Transport leaves it out there. CopyUserAgent has it sent in another
// header, if wanted.
package azure
