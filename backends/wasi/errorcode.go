// SPDX-License-Identifier: MIT

package wasi

import (
	"strconv"

	"github.com/isohttp/isohttp/transport/driver"
)

// ErrorCode is an error-code of wasi:http: what the host reports of a failed exchange. It
// is in the chain of the driver.Error, for errors.As:
//
//	var code *wasi.ErrorCode
//	if errors.As(err, &code) && code.Case == wasi.DestinationIPProhibited { ... }
type ErrorCode struct {
	// Case is which error it is.
	Case ErrorCase

	// Text is the payload's text, or nil: the rcode of a DNS error, the message of a
	// TLS alert, the name of a field that was too large, a transfer or content
	// coding, or the description of an internal error.
	Text *string

	// Number is the payload's small number, or nil: the info-code of a DNS error or
	// the id of a TLS alert.
	Number *uint16

	// Size is the payload's size in bytes, or nil.
	Size *uint64
}

// Error returns the case's name in the interface, and the payload.
func (e *ErrorCode) Error() string {
	s := e.Case.String()
	if e.Case == TLSCertificateError {
		s += ": certificate is not trusted"
	}
	if e.Text != nil {
		if text := driver.CleanText(*e.Text); text != "" {
			s += ": " + text
		}
	}
	if e.Number != nil {
		s += " (code " + strconv.Itoa(int(*e.Number)) + ")"
	}
	if e.Size != nil {
		s += " (" + strconv.FormatUint(*e.Size, 10) + " bytes)"
	}
	return s
}

// ErrorCase is a case of error-code, in the order of the interface.
type ErrorCase uint8

// The cases of error-code in wasi:http 0.2, and the kind of error that each becomes.
const (
	DNSTimeout                     ErrorCase = iota // KindTimeout
	DNSError                                        // KindNetwork, with a *net.DNSError
	DestinationNotFound                             // KindNetwork
	DestinationUnavailable                          // KindNetwork
	DestinationIPProhibited                         // KindDenied
	DestinationIPUnroutable                         // KindNetwork
	ConnectionRefused                               // KindNetwork, with syscall.ECONNREFUSED
	ConnectionTerminated                            // KindNetwork
	ConnectionTimeout                               // KindTimeout
	ConnectionReadTimeout                           // KindTimeout
	ConnectionWriteTimeout                          // KindTimeout
	ConnectionLimitReached                          // KindNetwork
	TLSProtocolError                                // KindTLS
	TLSCertificateError                             // KindTLS
	TLSAlertReceived                                // KindTLS
	HTTPRequestDenied                               // KindDenied
	HTTPRequestLengthRequired                       // KindInvalid
	HTTPRequestBodySize                             // KindLimit
	HTTPRequestMethodInvalid                        // KindInvalid
	HTTPRequestURIInvalid                           // KindInvalid
	HTTPRequestURITooLong                           // KindLimit
	HTTPRequestHeaderSectionSize                    // KindLimit
	HTTPRequestHeaderSize                           // KindLimit
	HTTPRequestTrailerSectionSize                   // KindLimit
	HTTPRequestTrailerSize                          // KindLimit
	HTTPResponseIncomplete                          // KindNetwork, with io.ErrUnexpectedEOF
	HTTPResponseHeaderSectionSize                   // KindLimit
	HTTPResponseHeaderSize                          // KindLimit
	HTTPResponseBodySize                            // KindLimit
	HTTPResponseTrailerSectionSize                  // KindLimit
	HTTPResponseTrailerSize                         // KindLimit
	HTTPResponseTransferCoding                      // KindProtocol
	HTTPResponseContentCoding                       // KindProtocol
	HTTPResponseTimeout                             // KindTimeout
	HTTPUpgradeFailed                               // KindProtocol
	HTTPProtocolError                               // KindProtocol
	LoopDetected                                    // KindOther
	ConfigurationError                              // KindOther
	InternalError                                   // KindOther

	numCases
)

var caseTable = [numCases]struct {
	name string
	kind driver.Kind
}{
	DNSTimeout:                     {"DNS-timeout", driver.KindTimeout},
	DNSError:                       {"DNS-error", driver.KindNetwork},
	DestinationNotFound:            {"destination-not-found", driver.KindNetwork},
	DestinationUnavailable:         {"destination-unavailable", driver.KindNetwork},
	DestinationIPProhibited:        {"destination-IP-prohibited", driver.KindDenied},
	DestinationIPUnroutable:        {"destination-IP-unroutable", driver.KindNetwork},
	ConnectionRefused:              {"connection-refused", driver.KindNetwork},
	ConnectionTerminated:           {"connection-terminated", driver.KindNetwork},
	ConnectionTimeout:              {"connection-timeout", driver.KindTimeout},
	ConnectionReadTimeout:          {"connection-read-timeout", driver.KindTimeout},
	ConnectionWriteTimeout:         {"connection-write-timeout", driver.KindTimeout},
	ConnectionLimitReached:         {"connection-limit-reached", driver.KindNetwork},
	TLSProtocolError:               {"TLS-protocol-error", driver.KindTLS},
	TLSCertificateError:            {"TLS-certificate-error", driver.KindTLS},
	TLSAlertReceived:               {"TLS-alert-received", driver.KindTLS},
	HTTPRequestDenied:              {"HTTP-request-denied", driver.KindDenied},
	HTTPRequestLengthRequired:      {"HTTP-request-length-required", driver.KindInvalid},
	HTTPRequestBodySize:            {"HTTP-request-body-size", driver.KindLimit},
	HTTPRequestMethodInvalid:       {"HTTP-request-method-invalid", driver.KindInvalid},
	HTTPRequestURIInvalid:          {"HTTP-request-URI-invalid", driver.KindInvalid},
	HTTPRequestURITooLong:          {"HTTP-request-URI-too-long", driver.KindLimit},
	HTTPRequestHeaderSectionSize:   {"HTTP-request-header-section-size", driver.KindLimit},
	HTTPRequestHeaderSize:          {"HTTP-request-header-size", driver.KindLimit},
	HTTPRequestTrailerSectionSize:  {"HTTP-request-trailer-section-size", driver.KindLimit},
	HTTPRequestTrailerSize:         {"HTTP-request-trailer-size", driver.KindLimit},
	HTTPResponseIncomplete:         {"HTTP-response-incomplete", driver.KindNetwork},
	HTTPResponseHeaderSectionSize:  {"HTTP-response-header-section-size", driver.KindLimit},
	HTTPResponseHeaderSize:         {"HTTP-response-header-size", driver.KindLimit},
	HTTPResponseBodySize:           {"HTTP-response-body-size", driver.KindLimit},
	HTTPResponseTrailerSectionSize: {"HTTP-response-trailer-section-size", driver.KindLimit},
	HTTPResponseTrailerSize:        {"HTTP-response-trailer-size", driver.KindLimit},
	HTTPResponseTransferCoding:     {"HTTP-response-transfer-coding", driver.KindProtocol},
	HTTPResponseContentCoding:      {"HTTP-response-content-coding", driver.KindProtocol},
	HTTPResponseTimeout:            {"HTTP-response-timeout", driver.KindTimeout},
	HTTPUpgradeFailed:              {"HTTP-upgrade-failed", driver.KindProtocol},
	HTTPProtocolError:              {"HTTP-protocol-error", driver.KindProtocol},
	LoopDetected:                   {"loop-detected", driver.KindOther},
	ConfigurationError:             {"configuration-error", driver.KindOther},
	InternalError:                  {"internal-error", driver.KindOther},
}

// String returns the case's name in the interface.
func (c ErrorCase) String() string {
	if c < numCases {
		return caseTable[c].name
	}
	return "error-code " + strconv.Itoa(int(c))
}

// Kind returns the class of error that the case becomes.
func (c ErrorCase) Kind() driver.Kind {
	if c < numCases {
		return caseTable[c].kind
	}
	return driver.KindOther
}
