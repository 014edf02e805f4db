// SPDX-License-Identifier: MIT

package sdkcases

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/isohttp/isohttp/conformance"
)

// thing is the result of an operation, page a part of a list.
type (
	thing struct{ Name string }
	page  struct {
		Value    []int
		NextLink string
	}
)

// begin starts an operation and returns its poller.
func begin(t *conformance.T, pl azruntime.Pipeline, method, via, end string) *azruntime.Poller[thing] {
	req := newRequest(t, t.Context(), method, t.OtherURL("lro", "via", via, "polls", "3", "end", end), newShared([]byte("body")))
	resp, err := pl.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", via, err)
	}
	t.Equal(via+": status", resp.StatusCode, http.StatusAccepted)
	poller, err := azruntime.NewPoller(resp, pl, &azruntime.NewPollerOptions[thing]{FinalStateVia: azruntime.FinalStateViaLocation})
	if err != nil {
		t.Fatalf("%s: %v", via, err)
	}
	return poller
}

func pollerAndPager(t *conformance.T) {
	pl, d := pipeline(t, policy.ClientOptions{})
	var methods, targets []string
	wait := &azruntime.PollUntilDoneOptions{Frequency: time.Second} // the service asks for less
	lro := func(via, end string, pairs ...string) string {
		return target(t.OtherURL("lro", append([]string{"via", via, "polls", "3", "end", end}, pairs...)...))
	}
	// saw notes an operation that was asked for its state three times, and then once more for
	// its result if that is elsewhere.
	saw := func(method, via, end, asked string, result bool) {
		methods = append(methods, method)
		targets = append(targets, lro(via, end))
		targets = append(targets, times(3, lro(via, end, "what", asked))...)
		if result {
			targets = append(targets, lro(via, end, "what", "result"))
		}
		methods = append(methods, times(len(targets)-len(methods), http.MethodGet)...)
		t.Equal(via+": requests", d.take(), map[bool]int{false: 4, true: 5}[result])
	}
	for _, via := range []string{"Azure-Asyncoperation", "Operation-Location"} {
		result, err := begin(t, pl, http.MethodPost, via, "Succeeded").PollUntilDone(t.Context(), wait)
		t.True(err == nil && result.Name == "made by "+via, "%s: got %+v, %v", via, result, err)
		saw(http.MethodPost, via, "Succeeded", "state", true)
	}
	result, err := begin(t, pl, http.MethodPut, "Location", "Succeeded").PollUntilDone(t.Context(), wait)
	t.True(err == nil && result.Name == "made by Location", "Location: got %+v, %v", result, err)
	saw(http.MethodPut, "Location", "Succeeded", "result", false)

	// One that fails, and whose poller is laid aside in between.
	token, err := begin(t, pl, http.MethodPost, "Azure-Asyncoperation", "Failed").ResumeToken()
	if err != nil {
		t.Fatalf("the token of a poller: %v", err)
	}
	poller, err := azruntime.NewPollerFromResumeToken[thing](token, pl, nil)
	if err != nil {
		t.Fatalf("the poller of a token: %v", err)
	}
	_, err = poller.PollUntilDone(t.Context(), wait)
	var re *azcore.ResponseError
	t.True(errors.As(err, &re) && re.ErrorCode == "OperationEnded", "an operation that fails: got %v", err)
	saw(http.MethodPost, "Azure-Asyncoperation", "Failed", "state", false)

	pager := azruntime.NewPager(azruntime.PagingHandler[page]{
		More: func(p page) bool { return p.NextLink != "" },
		Fetcher: func(ctx context.Context, p *page) (next page, err error) {
			link := ""
			if p != nil {
				link = p.NextLink
			}
			resp, err := azruntime.FetcherForNextLink(ctx, pl, link, func(ctx context.Context) (*policy.Request, error) {
				return azruntime.NewRequest(ctx, http.MethodGet, t.OtherURL("pages", "of", "3"))
			}, nil)
			if err == nil {
				err = azruntime.UnmarshalAsJSON(resp, &next)
			}
			return next, err
		},
	})
	var all []int
	for pager.More() {
		p, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatalf("page after %v: %v", all, err)
		}
		all = append(all, p.Value...)
	}
	t.Equal("pages", all, []int{10, 11, 20, 21, 30, 31})
	t.Equal("pages: requests", d.take(), 3)
	for _, more := range [][]string{nil, {"page", "2"}, {"page", "3"}} {
		targets = append(targets, target(t.OtherURL("pages", append([]string{"of", "3"}, more...)...)))
	}
	t.Expect(conformance.Values(conformance.EventRequest, "method", append(methods, times(3, http.MethodGet)...)...),
		conformance.Values(conformance.EventRequest, "target", targets...))
}
