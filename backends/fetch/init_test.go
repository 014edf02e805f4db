// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

func TestRequestInitIsCheckedAgainstTheStandard(t *testing.T) {
	for _, good := range []RequestInit{
		{}, {Mode: "cors"}, {Mode: "same-origin"}, {Credentials: "include"}, {Cache: "force-cache"}, {Redirect: "manual"},
		{ReferrerPolicy: "no-referrer"}, {Priority: "low"}, {Referrer: "about:client"}, {Integrity: "sha256-x"}, {Keepalive: true, StreamBody: true},
	} {
		if err := good.check(driver.OpSend); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, bad := range []RequestInit{
		{Mode: "CORS"}, {Credentials: "always"}, {Cache: "no store"}, {Redirect: "none"}, {ReferrerPolicy: "never"}, {Priority: "urgent"},
	} {
		err := bad.check(driver.OpSend)
		if err == nil || !errors.Is(err, driver.KindInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, hidden := range []RequestInit{{Mode: "no-cors"}, {Mode: "navigate"}} {
		err := hidden.check(driver.OpSend)
		if err == nil || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%+v: %v", hidden, err)
		}
	}
}

func TestRequestInitMembersAreJSON(t *testing.T) {
	init := RequestInit{Mode: "cors", Credentials: "omit", Cache: "reload", Redirect: "follow", Referrer: "http://h/\"\u00e9",
		ReferrerPolicy: "origin", Integrity: "sha256-x", Keepalive: true, Priority: "high", StreamBody: true}
	var got map[string]any
	if err := json.Unmarshal(append(init.appendMembers([]byte(`{"a":1`)), '}'), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": 1.0, "mode": "cors", "credentials": "omit", "cache": "reload", "redirect": "follow",
		"referrer": "http://h/\"\u00e9", "referrerPolicy": "origin", "integrity": "sha256-x", "keepalive": true, "priority": "high"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if got := string((&RequestInit{StreamBody: true}).appendMembers(nil)); got != "" {
		t.Errorf("unset members give %q", got)
	}
}

func TestRequestInitOver(t *testing.T) {
	base := RequestInit{Mode: "cors", Credentials: "omit", Keepalive: true}
	got := RequestInit{Credentials: "include", Cache: "reload"}.over(base)
	if want := (RequestInit{Mode: "cors", Credentials: "include", Cache: "reload", Keepalive: true}); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestWithRequestInit(t *testing.T) {
	if _, ok := requestInit(context.Background()); ok {
		t.Error("found one where there is none")
	}
	outer := WithRequestInit(context.Background(), RequestInit{Mode: "cors", Cache: "reload"})
	inner := WithRequestInit(outer, RequestInit{Mode: "same-origin"})
	if got, ok := requestInit(inner); !ok || got != (RequestInit{Mode: "same-origin"}) {
		t.Errorf("got %+v, %v", got, ok)
	}
}
