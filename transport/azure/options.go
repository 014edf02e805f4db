// SPDX-License-Identifier: MIT

package azure

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// ClientOptions returns base with t as its Transport. All else is as base has it: retries,
// telemetry, logging, policies.
//
// A nil t is not taken for any default: every call of a client made with these options
// fails with KindInvalid, after one try.
func ClientOptions(t *transport.Transport, base policy.ClientOptions) policy.ClientOptions {
	base.Transport = t
	if t == nil {
		base.Transport = none{}
	}
	return base
}

// none is the transport of those who had none.
type none struct{}

// Do implements policy.Transporter.
func (none) Do(req *http.Request) (*http.Response, error) {
	if req != nil && req.Body != nil {
		req.Body.Close()
	}
	return nil, &transport.Error{Op: driver.OpSend, Kind: transport.KindInvalid, Err: errorText("azure: nil Transport")}
}

// errorText is an error that is only a sentence.
type errorText string

func (e errorText) Error() string { return string(e) }
