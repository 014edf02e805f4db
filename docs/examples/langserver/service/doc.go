// SPDX-License-Identifier: MIT

// Package service speaks the language detection part of Azure AI Language over HTTP:
//
//	POST /language/:analyze-text?api-version=2023-04-01
//	POST /text/analytics/v3.1/languages
//
// with the shapes, limits and error codes of the real service, so that a client made for
// that one works here unchanged. Detection itself is lingua-go with twelve
// languages, so the languages named are real answers and the confidence scores are
// lingua's own.
//
// It differs from the real service in this: documents are measured in code points
// instead of text elements, Chinese is one language, and statistics are not computed.
//
// It keeps nothing and logs nothing: neither texts nor keys.
package service
