// SPDX-License-Identifier: MIT

package azure_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

// A client's own options have policy.ClientOptions in them, so that for azblob, say, it is
// &azblob.ClientOptions{ClientOptions: opts}.
func ExampleClientOptions() {
	t := transport.Default()
	opts := azure.ClientOptions(t, policy.ClientOptions{
		Retry:     policy.RetryOptions{MaxRetries: 5},
		Telemetry: policy.TelemetryOptions{ApplicationID: "my-app"},
	})
	fmt.Println(opts.Transport == t, opts.Retry.MaxRetries)
	// Output: true 5
}

func ExampleCopyUserAgent() {
	t := transport.Default()
	opts := azure.ClientOptions(t, policy.ClientOptions{})
	// Only where the service's CORS rules allow x-ms-useragent.
	opts.PerCallPolicies = append(opts.PerCallPolicies, azure.CopyUserAgent(t))
	fmt.Println(len(opts.PerCallPolicies))
	// Output: 1
}

func ExampleQueueRule() {
	rule := azure.QueueRule("https://app.example")
	if err := rule.Check(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rule)
	// Output: allowed origins https://app.example; allowed methods GET, HEAD, PUT, POST, DELETE, OPTIONS; allowed headers authorization, content-type, if-match, if-modified-since, if-none-match, if-unmodified-since, range, x-ms-*; exposed headers azure-asyncoperation, content-length, content-range, date, etag, last-modified, location, operation-location, retry-after, retry-after-ms, www-authenticate, x-ms-*; max age 3600
}

// Server-sent events are read while they come, on every platform, and Close ends a Next
// that waits.
func ExampleClientOptions_serverSentEvents() {
	t, err := transport.NewWith(&platform{answer: func(*http.Request) (*http.Response, error) {
		return answer(200, "data: Bonjour\n\ndata: mon ami.\n\ndata: [DONE]\n\n", "Content-Type", "text/event-stream"), nil
	}}, nil) // in a program: transport.Default()
	if err != nil {
		fmt.Println(err)
		return
	}
	opts := azure.ClientOptions(t, policy.ClientOptions{})
	pl := runtime.NewPipeline("example", "v1.0.0", runtime.PipelineOptions{}, &opts)
	connect := func(ctx context.Context, _ string) (io.ReadCloser, error) {
		req, err := runtime.NewRequest(ctx, http.MethodPost, "https://service.example/chat")
		if err != nil {
			return nil, err
		}
		runtime.SkipBodyDownload(req)
		resp, err := pl.Do(req)
		return runtime.SSEResponse(resp, err, http.StatusOK)
	}
	events, err := streaming.NewSSEReader(context.Background(), connect, streaming.SSEHandler[string]{
		Decode: func(f streaming.SSEFrame) (string, bool, error) {
			if string(f.Data) == "[DONE]" {
				return "", true, io.EOF
			}
			return string(f.Data), false, nil
		},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer events.Close()
	for {
		text, err := events.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(text)
	}
	// Output:
	// Bonjour
	// mon ami.
}
