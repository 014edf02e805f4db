// SPDX-License-Identifier: MIT

package azure_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing/iotest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

// blocks yields r in blocks of one size, the last one shorter, however large the pieces are
// in which the platform has it. A block is good until the next one.
func blocks(r io.Reader, size int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		block := make([]byte, size)
		for {
			n, err := io.ReadFull(r, block)
			last := err == io.EOF || err == io.ErrUnexpectedEOF && n < size
			if last {
				// ReadFull has one error for the end of the body and for one that was cut
				// off. To read once more tells them apart: a body repeats its error.
				if _, err = r.Read(block[n:]); err == io.EOF {
					err = nil
				}
			}
			if n > 0 && !yield(block[:n], nil) {
				return
			}
			if err != nil {
				yield(nil, err)
			}
			if last || err != nil {
				return
			}
		}
	}
}

// A response body comes in pieces of the platform's choice. This reads it in blocks of one
// size, as block_size and iter_bytes of the Azure SDK for Python give them, while it
// arrives.
func Example_blocks() {
	t, err := transport.NewWith(&platform{answer: func(*http.Request) (*http.Response, error) {
		resp := answer(200, "")
		resp.ContentLength, resp.Body = 17, io.NopCloser(iotest.OneByteReader(strings.NewReader("one two three end")))
		return resp, nil
	}}, nil) // in a program: transport.Default()
	if err != nil {
		fmt.Println(err)
		return
	}
	opts := azure.ClientOptions(t, policy.ClientOptions{})
	pl := runtime.NewPipeline("example", "v1.0.0", runtime.PipelineOptions{}, &opts)
	req, err := runtime.NewRequest(context.Background(), http.MethodGet, "https://service.example/blob")
	if err != nil {
		fmt.Println(err)
		return
	}
	runtime.SkipBodyDownload(req) // as stream_response=True
	resp, err := pl.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close() // stops the transfer, also in the middle
	for block, err := range blocks(resp.Body, 5) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", block)
	}
	// Output:
	// "one t"
	// "wo th"
	// "ree e"
	// "nd"
}
