// SPDX-License-Identifier: MIT

package observability

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/tracing/azotel"
	"go.opentelemetry.io/otel/trace"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

// ClientOptions returns options for clients of the Azure SDK: a span for each operation and,
// inside it, one for each try, both without query; and an id for each operation.
//
// The SDK makes spans and tells the service nothing about them. That is what Trace with
// a propagator does, for t: its span is then inside the one of the try.
func ClientOptions(t *transport.Transport, spans trace.TracerProvider) policy.ClientOptions {
	return azure.ClientOptions(t, policy.ClientOptions{
		TracingProvider: azotel.NewTracingProvider(spans, nil),
		PerCallPolicies: []policy.Policy{runtime.NewRequestIDPolicy()},
	})
}
