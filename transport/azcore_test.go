// SPDX-License-Identifier: MIT

package transport_test

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/transport"
)

var (
	_ policy.Transporter = (*transport.Transport)(nil)
	_ http.RoundTripper  = (*transport.Transport)(nil)
)
