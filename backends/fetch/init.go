// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"slices"
	"strconv"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// RequestInit has the members of the Fetch standard's dictionary of that name which a
// program may set, in the standard's words. The zero value of a field leaves the member
// out, so that the platform's default holds.
//
// A value that the standard does not have fails with KindInvalid, one that this platform
// does not have with KindUnsupported, before anything is sent.
type RequestInit struct {
	// Mode is "cors" (the default) or "same-origin". The mode "no-cors" is refused: its
	// responses have neither status nor header nor body.
	Mode string

	// Credentials is "omit", "same-origin" (the default) or "include".
	Credentials string

	// Cache is "default", "no-store", "reload", "no-cache", "force-cache" or
	// "only-if-cached". For GET and HEAD the default is "no-store", where there may be a
	// cache.
	Cache string

	// Redirect is "follow", "manual" or "error". With "follow" in Options the platform follows on
	// servers, too, and transport.Options.CheckRedirect is refused; with it in one request,
	// CheckRedirect is not called for that one. In a page, where redirects are
	// hidden, "follow" is the default, and both other values turn a redirect into an
	// error of KindUnsupported. On a server "manual" is the default, and returns it.
	Redirect string

	// Referrer is a URL of the page's own origin, or "about:client".
	Referrer string

	// ReferrerPolicy is one of the policies of the Referrer Policy standard.
	ReferrerPolicy string

	// Integrity is the expected hash of the response body, as in "sha256-...".
	Integrity string

	// Keepalive lets the request outlive the page. Its body must not exceed 64 KiB.
	Keepalive bool

	// Priority is "high", "low" or "auto".
	Priority string

	// StreamBody asks a page to send bodies of unknown length while they are read. It
	// causes a preflight across origins, breaks on redirects that repeat the body, and
	// is a wish: where the browser or the connection cannot, the body is gathered.
	StreamBody bool
}

// enums are the values that the standards allow.
var enums = [...]struct {
	key    string
	values []string
}{
	{"mode", []string{"cors", "same-origin", "no-cors", "navigate"}},
	{"credentials", []string{"omit", "same-origin", "include"}},
	{"cache", []string{"default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"}},
	{"redirect", []string{"follow", "error", "manual"}},
	{"referrerPolicy", []string{"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"}},
	{"priority", []string{"high", "low", "auto"}},
}

type member struct{ key, value string }

// members returns the members with text values that are set.
func (init *RequestInit) members() []member {
	var set []member
	for _, m := range [...]member{
		{"mode", init.Mode},
		{"credentials", init.Credentials},
		{"cache", init.Cache},
		{"redirect", init.Redirect},
		{"referrer", init.Referrer},
		{"referrerPolicy", init.ReferrerPolicy},
		{"integrity", init.Integrity},
		{"priority", init.Priority},
	} {
		if m.value != "" {
			set = append(set, m)
		}
	}
	return set
}

// check compares the members with the standards. The platform is compared with later.
func (init *RequestInit) check(op string) *driver.Error {
	for _, m := range init.members() {
		for _, enum := range enums {
			if enum.key == m.key && !slices.Contains(enum.values, m.value) {
				return &driver.Error{Op: op, Kind: driver.KindInvalid, Backend: name,
					Err: errorText("RequestInit: " + strconv.Quote(m.value) + " is no value of " + m.key)}
			}
		}
	}
	if init.Mode == "no-cors" || init.Mode == "navigate" {
		return unsupported(op, "mode "+init.Mode, "its responses are hidden from programs")
	}
	return nil
}

// over returns init with the fields of base where init has none.
func (init RequestInit) over(base RequestInit) RequestInit {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&init.Mode, base.Mode)
	fill(&init.Credentials, base.Credentials)
	fill(&init.Cache, base.Cache)
	fill(&init.Redirect, base.Redirect)
	fill(&init.Referrer, base.Referrer)
	fill(&init.ReferrerPolicy, base.ReferrerPolicy)
	fill(&init.Integrity, base.Integrity)
	fill(&init.Priority, base.Priority)
	init.Keepalive = init.Keepalive || base.Keepalive
	init.StreamBody = init.StreamBody || base.StreamBody
	return init
}

// appendMembers appends the members as part of a JSON object.
func (init *RequestInit) appendMembers(dst []byte) []byte {
	for _, m := range init.members() {
		dst = append(dst, ',')
		dst = jsfetch.AppendString(dst, m.key)
		dst = append(dst, ':')
		dst = jsfetch.AppendString(dst, m.value)
	}
	if init.Keepalive {
		dst = append(dst, `,"keepalive":true`...)
	}
	return dst
}

type requestInitKey struct{}

// WithRequestInit returns a context whose requests are sent with init, over the defaults of
// [Options.Init]. It has no effect on other platforms' backends. Of nested ones the
// innermost holds, as a whole.
func WithRequestInit(ctx context.Context, init RequestInit) context.Context {
	return context.WithValue(ctx, requestInitKey{}, init)
}

// requestInit returns what WithRequestInit put into ctx.
func requestInit(ctx context.Context) (RequestInit, bool) {
	init, ok := ctx.Value(requestInitKey{}).(RequestInit)
	return init, ok
}
