// SPDX-License-Identifier: MIT

package azure

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/transport"
)

// userAgentCopy is the header in which the Azure SDK for JavaScript sends its name from pages.
const userAgentCopy = "X-Ms-Useragent"

// CopyUserAgent returns a policy that copies User-Agent to x-ms-useragent where t's platform
// does not send a User-Agent that a program sets: in pages. It does nothing elsewhere, nor
// where telemetry is disabled, nor for a request that has the header already.
//
// It is for PerCallPolicies, where it comes after azcore's telemetry policy and before
// whatever signs the request:
//
//	base.PerCallPolicies = append(base.PerCallPolicies, azure.CopyUserAgent(t))
//
// ClientOptions does not add it by itself: a service whose CORS rules do not allow the
// header by name would refuse every request.
func CopyUserAgent(t *transport.Transport) policy.Policy {
	return copyUserAgent(t != nil && t.Capabilities().ForbidsHeader("User-Agent"))
}

type copyUserAgent bool

// Do implements policy.Policy.
func (enabled copyUserAgent) Do(req *policy.Request) (*http.Response, error) {
	if enabled {
		h := req.Raw().Header
		if agent := h.Get("User-Agent"); agent != "" && h.Get(userAgentCopy) == "" {
			h.Set(userAgentCopy, agent)
		}
	}
	return req.Next()
}
