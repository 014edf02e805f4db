// SPDX-License-Identifier: MIT

package azuresdk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
)

// jobsClient is a client as the SDK's generator makes it: a pipeline, and a method for each
// operation of the service.
type jobsClient struct {
	endpoint string
	client   *azcore.Client
}

func newJobsClient(t *testing.T, key string, opts policy.ClientOptions) *jobsClient {
	t.Helper()
	auth := runtime.NewKeyCredentialPolicy(azcore.NewKeyCredential(key), settings.KeyHeader,
		&runtime.KeyCredentialPolicyOptions{InsecureAllowCredentialWithHTTP: true}) // the service here is on loopback
	client, err := azcore.NewClient("azuresdk/jobs", "v1.0.0", runtime.PipelineOptions{PerRetry: []policy.Policy{auth}}, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return &jobsClient{where.Jobs, client}
}

type job struct {
	ID     string `json:"id"`
	Result string `json:"result"`
}

// BeginShout starts a long-running operation.
func (c *jobsClient) BeginShout(ctx context.Context, text string) (*runtime.Poller[job], error) {
	req, err := runtime.NewRequest(ctx, http.MethodPost, runtime.JoinPaths(c.endpoint, "jobs"))
	if err != nil {
		return nil, err
	}
	if err := req.SetBody(streaming.NopCloser(strings.NewReader(text)), "text/plain"); err != nil {
		return nil, err
	}
	resp, err := c.client.Pipeline().Do(req)
	if err != nil {
		return nil, err
	}
	if !runtime.HasStatusCode(resp, http.StatusAccepted) {
		return nil, runtime.NewResponseError(resp)
	}
	return runtime.NewPoller(resp, c.client.Pipeline(), &runtime.NewPollerOptions[job]{FinalStateVia: runtime.FinalStateViaLocation})
}

type jobList struct {
	Value    []job  `json:"value"`
	NextLink string `json:"nextLink"`
}

// NewListPager returns the jobs page by page.
func (c *jobsClient) NewListPager() *runtime.Pager[jobList] {
	return runtime.NewPager(runtime.PagingHandler[jobList]{
		More: func(p jobList) bool { return p.NextLink != "" },
		Fetcher: func(ctx context.Context, p *jobList) (jobList, error) {
			next := ""
			if p != nil {
				next = p.NextLink
			}
			resp, err := runtime.FetcherForNextLink(ctx, c.client.Pipeline(), next, func(ctx context.Context) (*policy.Request, error) {
				return runtime.NewRequest(ctx, http.MethodGet, runtime.JoinPaths(c.endpoint, "jobs"))
			}, nil)
			var list jobList
			if err == nil {
				err = runtime.UnmarshalAsJSON(resp, &list)
			}
			return list, err
		},
	})
}

type progressEvent struct {
	Percent int `json:"percent"`
}

// Events returns what happens as it happens. A stream that breaks is opened again where
// it broke.
func (c *jobsClient) Events(ctx context.Context, query string) (*streaming.SSEReader[progressEvent], error) {
	connect := func(ctx context.Context, last string) (io.ReadCloser, error) {
		req, err := runtime.NewRequest(ctx, http.MethodGet, runtime.JoinPaths(c.endpoint, "events")+query)
		if err != nil {
			return nil, err
		}
		if last != "" {
			req.Raw().Header.Set("Last-Event-ID", last)
		}
		runtime.SkipBodyDownload(req) // it does not end
		resp, err := c.client.Pipeline().Do(req)
		return runtime.SSEResponse(resp, err, http.StatusOK)
	}
	return streaming.NewSSEReader(ctx, connect, streaming.SSEHandler[progressEvent]{
		Reconnect: true,
		Decode: func(frame streaming.SSEFrame) (e progressEvent, last bool, err error) {
			err = json.Unmarshal(frame.Data, &e)
			return e, e.Percent == 100, err
		},
	}, nil)
}

// TestPoller waits for a long-running operation, also across what would be another process.
func TestPoller(t *testing.T) {
	c := newJobsClient(t, where.JobsKey, clientOptions())
	poller, err := c.BeginShout(t.Context(), "hello")
	if err != nil {
		t.Fatal(err)
	}
	token, err := poller.ResumeToken()
	if err != nil {
		t.Fatal(err)
	}
	// The service asks by Retry-After-Ms to be polled more often than this. A page sees that
	// only if the service exposes it.
	often := &runtime.PollUntilDoneOptions{Frequency: time.Minute}
	done, err := poller.PollUntilDone(t.Context(), often)
	if err != nil || done.Result != "HELLO" {
		t.Errorf("got %+v, %v", done, err)
	}
	resumed, err := runtime.NewPollerFromResumeToken[job](token, c.client.Pipeline(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := resumed.PollUntilDone(t.Context(), often)
	if err != nil || again != done {
		t.Errorf("the poller of the token got %+v, %v, want %+v", again, err, done)
	}
}

func TestPollerOfWhatFails(t *testing.T) {
	c := newJobsClient(t, where.JobsKey, clientOptions())
	poller, err := c.BeginShout(t.Context(), "fail")
	if err != nil {
		t.Fatal(err)
	}
	_, err = poller.PollUntilDone(t.Context(), nil)
	wantResponseError(t, err, http.StatusOK, "JobFailed")
	_, err = newJobsClient(t, "wrong", clientOptions()).BeginShout(t.Context(), "hello")
	wantResponseError(t, err, http.StatusUnauthorized, "401")
}

func TestPager(t *testing.T) {
	pager := newJobsClient(t, where.JobsKey, clientOptions()).NewListPager()
	var ids []string
	pages := 0
	for pager.More() {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, j := range page.Value {
			ids = append(ids, j.ID)
		}
	}
	if want := []string{"0", "1", "2", "3", "4", "5", "6"}; pages != 3 || !slices.Equal(ids, want) {
		t.Errorf("got %q on %d pages, want %q on 3", ids, pages, want)
	}
}

// TestEvents reads server-sent events over a connection that breaks.
func TestEvents(t *testing.T) {
	events, err := newJobsClient(t, where.JobsKey, clientOptions()).Events(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	var got []int
	for {
		e, err := events.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		got = append(got, e.Percent)
	}
	if want := []int{20, 40, 60, 80, 100}; !slices.Equal(got, want) || events.LastEventID() != "5" {
		t.Errorf("got %v up to %q, want %v", got, events.LastEventID(), want)
	}
}

// TestEventsEnd ends a reader that waits for an event that does not come: by Close, and by
// the context.
func TestEventsEnd(t *testing.T) {
	c := newJobsClient(t, where.JobsKey, clientOptions())
	for name, want := range map[string]error{"close": io.EOF, "cancel": context.Canceled} {
		ctx, cancel := context.WithCancel(t.Context())
		events, err := c.Events(ctx, "?idle=1")
		if err != nil {
			t.Fatal(err)
		}
		next := make(chan error)
		go func() {
			_, err := events.Next()
			next <- err
		}()
		if name == "close" {
			if err := events.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		} else {
			cancel()
		}
		if err := <-next; !errors.Is(err, want) {
			t.Errorf("%s: Next gives %v, want %v", name, err, want)
		}
		events.Close()
		cancel()
	}
}
