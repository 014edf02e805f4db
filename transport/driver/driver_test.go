// SPDX-License-Identifier: MIT

package driver_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport/driver"
)

func TestKindMatches(t *testing.T) {
	targets := map[string]error{
		"unsupported": errors.ErrUnsupported, "canceled": context.Canceled, "deadline": context.DeadlineExceeded,
		"os deadline": os.ErrDeadlineExceeded, "permission": fs.ErrPermission,
	}
	for kind, want := range map[driver.Kind]string{
		driver.KindOther: "", driver.KindInvalid: "", driver.KindUnsupported: "unsupported", driver.KindCanceled: "canceled",
		driver.KindTimeout: "deadline os deadline", driver.KindNetwork: "", driver.KindTLS: "", driver.KindProtocol: "",
		driver.KindDenied: "permission", driver.KindLimit: "",
	} {
		cause := errors.New("cause")
		err := error(&driver.Error{Op: driver.OpSend, Kind: kind, Backend: "mine", Err: cause})
		if !errors.Is(err, kind) || !errors.Is(err, cause) {
			t.Errorf("%v does not match its kind or its cause", err)
		}
		for name, target := range targets {
			if got := errors.Is(err, target); got != (want == name || name != "deadline" && strings.Contains(want, name) || name == "deadline" && strings.HasPrefix(want, name)) {
				t.Errorf("%v matches %s: %v", err, name, got)
			}
		}
		var marker interface{ NonRetriable() }
		final := kind == driver.KindInvalid || kind == driver.KindUnsupported || kind == driver.KindTLS || kind == driver.KindDenied || kind == driver.KindLimit
		if errors.As(err, &marker) != final {
			t.Errorf("%v: azcore's marker present: %v, want %v", err, !final, final)
		}
		if timeout := os.IsTimeout(err); timeout != (kind == driver.KindTimeout) {
			t.Errorf("%v: os.IsTimeout is %v", err, timeout)
		}
		if text := err.Error(); !strings.HasPrefix(text, "isohttp: mine: send: ") || !strings.HasSuffix(text, ": cause") {
			t.Errorf("text %q", text)
		}
	}
}

func TestContextError(t *testing.T) {
	cause := errors.New("the reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := driver.ContextError(ctx, driver.OpRead, ""); err != nil {
		t.Errorf("a live context gave %v", err)
	}
	cancel(cause)
	err := driver.ContextError(ctx, driver.OpRead, "")
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("got %v", err)
	}
	plain, stop := context.WithCancel(t.Context())
	stop()
	if text := driver.ContextError(plain, driver.OpRead, "").Error(); strings.Count(text, "context canceled") != 1 {
		t.Errorf("text %q", text)
	}
}

func TestCapabilities(t *testing.T) {
	names := make(map[string]bool)
	all := driver.AllCapabilities()
	for _, c := range all {
		if names[c.String()] || c.String() == "" || c.Absence() == "" {
			t.Errorf("capability %d: name %q, absence %q", c, c, c.Absence())
		}
		names[c.String()] = true
		if parsed, ok := driver.ParseCapability(c.String()); !ok || parsed != c {
			t.Errorf("%v does not parse back", c)
		}
	}
	if len(all) != 42 { // 43 names of the catalogue, one of which is the header list
		t.Errorf("%d capabilities", len(all))
	}
	var zero driver.Capabilities
	set := zero.With(driver.Proxy, driver.Trace).Without(driver.Trace)
	if !set.Has(driver.Proxy) || set.Has(driver.Trace) || zero.Has(driver.Proxy) || set.String() != "proxy" || set.Has(driver.Capability(200)) {
		t.Errorf("set %v, zero %v", set, zero)
	}
	set = set.WithForbiddenHeaders("cookie", "Sec-")
	for name, want := range map[string]bool{"Cookie": true, "COOKIE": true, "cookie2": false, "Sec-": false, "sec-fetch-mode": true, "Security": false, "": false} {
		if set.ForbidsHeader(name) != want {
			t.Errorf("ForbidsHeader(%q) is %v", name, !want)
		}
	}
	set.ForbiddenHeaders()[0] = "Changed"
	if !set.ForbidsHeader("Cookie") {
		t.Error("the list could be changed from outside")
	}
}
