// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"syscall/js"
	"time"

	"github.com/isohttp/isohttp/backends/fetch"
	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// probeLimit is how long the question may take whether anything is there.
const probeLimit = 5 * time.Second

// target is the service that a call is for.
type target struct {
	trouble.Service
	root string // scheme and host alone
}

// language is the target of a call of language detection.
func language(in js.Value) target { return newTarget(text(in, "endpoint"), false) }

// storage is the target of a call of blob storage.
func storage(in js.Value) target {
	a := account(in)
	return newTarget(cmp.Or(a.SASURL, a.Endpoint, "https://"+a.Name+".blob.core.windows.net"), true)
}

func newTarget(endpoint string, storage bool) target {
	t := target{Service: trouble.Service{Host: "the service", Storage: storage}}
	if u, err := url.Parse(strings.TrimSpace(endpoint)); err == nil && u.Host != "" {
		t.Host = u.Host
		t.root = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
	}
	return t
}

// page is what the browser can tell about t.
func (t target) page() trouble.Page {
	return trouble.Page{
		Origin:  js.Global().Get("location").Get("origin").String(),
		Online:  func() bool { return js.Global().Get("navigator").Get("onLine").Bool() },
		Answers: t.answers,
	}
}

// answers asks a question that has no key and no path in it.
func (t target) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	found, err := fetch.Diagnose(ctx, t.root)
	return err == nil && found != fetch.NoAnswer
}

// account reads the account of a storage call.
func account(in js.Value) app.Account {
	return app.Account{
		SASURL:   strings.TrimSpace(text(in, "sas")),
		Name:     strings.TrimSpace(text(in, "account")),
		Key:      strings.TrimSpace(text(in, "key")),
		Endpoint: strings.TrimSpace(text(in, "endpoint")),
	}
}

// text returns a property that is a string, or "".
func text(in js.Value, name string) string {
	if v := in.Get(name); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

// number returns a property that is a number, or 0.
func number(in js.Value, name string) int64 {
	if v := in.Get(name); v.Type() == js.TypeNumber {
		return int64(v.Float())
	}
	return 0
}

// flag returns a property that is a bool, or false.
func flag(in js.Value, name string) bool {
	v := in.Get(name)
	return v.Type() == js.TypeBoolean && v.Bool()
}
