// SPDX-License-Identifier: MIT

package trouble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/azure"
)

const origin = "http://127.0.0.1:8080"

// page returns a Page of a browser that thinks so.
func page(online, answers bool) Page {
	return Page{origin, func() bool { return online }, func(context.Context) bool { return answers }}
}

// answer returns the SDK's error for an answer.
func answer(status int, code, body string) error {
	return &azcore.ResponseError{StatusCode: status, ErrorCode: code, RawResponse: &http.Response{
		StatusCode: status, Body: io.NopCloser(strings.NewReader(body)),
		Request: &http.Request{Method: http.MethodGet},
	}}
}

func TestExplain(t *testing.T) {
	lost := &transport.Error{Op: "send", Kind: transport.KindNetwork, Backend: "fetch", Err: errors.New("Failed to fetch")}
	cut := &transport.Error{Op: "read", Kind: transport.KindNetwork, Backend: "fetch", Err: io.ErrUnexpectedEOF}
	canceled := &transport.Error{Op: "send", Kind: transport.KindCanceled, Err: context.Canceled}
	late := &transport.Error{Op: "send", Kind: transport.KindTimeout, Err: context.DeadlineExceeded}
	limit := &transport.Error{Op: "upload", Kind: transport.KindLimit, Err: errors.New("the body is larger than 5 bytes")}
	language, storage := Service{Host: "lang.example:443"}, Service{Host: "store.example:443", Storage: true}
	up := page(true, true)
	for _, c := range []struct {
		name string
		err  error
		s    Service
		p    Page
		kind Kind
		has  string
	}{
		{"wrong language key", answer(401, "401", ""), language, up, Credential, "refused the key"},
		{"wrong storage key", answer(403, "AuthenticationFailed", ""), storage, up, Credential, "(AuthenticationFailed)"},
		{"weak signature", answer(403, "AuthorizationPermissionMismatch", ""), storage, up, Credential, "not for this"},
		{"service down", lost, language, page(true, false), Silent, "Nothing answers at lang.example:443."},
		{"no CORS, storage", lost, storage, up, CORS, strings.ReplaceAll(azure.BlobRule(origin).String(), "; ", "\n")},
		{"no CORS, language", lost, language, up, CORS, "no CORS headers that allow the origin " + origin},
		{"offline", lost, storage, page(false, false), Offline, "offline"},
		{"broken", cut, storage, up, Broken, "broke"},
		{"canceled", canceled, storage, up, Canceled, "Canceled."},
		{"late", late, storage, up, Late, "took too long"},
		{"limit", limit, storage, up, Other, "limit exceeded"},
		{"no container", answer(404, "ContainerNotFound", ""), storage, up, NoStore, "no container"},
		{"no blob", answer(404, "BlobNotFound", ""), storage, up, NoBlob, "not there"},
		{"no blob, code hidden", answer(404, "", ""), storage, up, NoBlob, "not there"},
		{"blob exists", answer(409, "BlobAlreadyExists", ""), storage, up, Exists, "already"},
		{"blob changed", answer(412, "ConditionNotMet", ""), storage, up, Broken, "changed"},
		{"busy", answer(503, "ServerBusy", ""), storage, up, Other, "too busy"},
		{"anything else", answer(400, "InvalidUri", "<?xml version=\"1.0\"?><Error><Message>Bad.\nId:1</Message></Error>"),
			storage, up, Other, "InvalidUri: Bad."},
		{"wrong input", errors.New("the endpoint has to begin with https://"), storage, up, Input, "The endpoint has to begin with https://."},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Explain(t.Context(), fmt.Errorf("calling: %w", c.err), c.s, c.p)
			if c.kind == Input {
				got = Explain(t.Context(), c.err, c.s, c.p)
			}
			if got.Kind != c.kind || !strings.Contains(got.Text+"\n"+got.Detail, c.has) {
				t.Errorf("%s: %q; want %s, with %q in it", got.Kind, got.Text, c.kind, c.has)
			}
			if !strings.HasSuffix(got.Text, ".") && !strings.HasSuffix(got.Text, ")") && got.Detail == "" {
				t.Errorf("no sentence: %q", got.Text)
			}
		})
	}
}

func TestExplainNothing(t *testing.T) {
	if got := Explain(t.Context(), nil, Service{}, page(true, true)); got != nil {
		t.Errorf("got %v", got)
	}
	own := &Trouble{Kind: NoBlob, Text: "As it is."}
	if got := Explain(t.Context(), own, Service{}, page(true, true)); got != own {
		t.Errorf("got %v", got)
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"no key":                   "No key.",
		"store.example:443 is odd": "store.example:443 is odd.",
		"Done!":                    "Done!",
	} {
		if got := Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
