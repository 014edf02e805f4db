// SPDX-License-Identifier: MIT

package fetch

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

func TestErrorTextsHaveNothingOfTheRequest(t *testing.T) {
	req, err := http.NewRequest("GET", "http://user:hunter2@h/container/blob%20x?sv=1&sig=c2lnbmF0dXJl", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SharedKey account:key")
	exc := &jsfetch.Exception{
		Name:    "TypeError",
		Message: `request for http://h/container/blob%20x?sv=1&sig=c2lnbmF0dXJl failed`,
		Cause: &jsfetch.Exception{Message: `"SharedKey account:key" and /container/blob%20x and sv=1&sig=c2lnbmF0dXJl and /container/blob x and hunter2`,
			Cause: &jsfetch.Exception{Code: "ECONNRESET", Message: "reset"}},
	}
	e := newError(exc, driver.Secrets(req))
	for _, secret := range []string{"hunter2", "c2lnbmF0dXJl", "SharedKey", "container", "://"} {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("%q is in %q", secret, e)
		}
	}
	if e.Code != "ECONNRESET" || e.Name != "TypeError" || !strings.HasSuffix(e.Error(), "reset: ECONNRESET") {
		t.Errorf("got %#v, %q", e, e)
	}
}

// An error is told by the platform's words, even where the request has the same ones.
func TestRequestWithThePlatformsWords(t *testing.T) {
	req, err := http.NewRequest("GET", "https://h/errors/CERT_HAS_EXPIRED/TypeError", nil)
	if err != nil {
		t.Fatal(err)
	}
	e := newError(&jsfetch.Exception{Name: "TypeError", Cause: &jsfetch.Exception{Code: "CERT_HAS_EXPIRED"}}, driver.Secrets(req))
	if kind, _ := kindOf(e); kind != driver.KindTLS || e.Name != "TypeError" {
		t.Errorf("got %v, %#v", kind, e)
	}
	odd := newError(&jsfetch.Exception{Name: "a/b hunter2", Code: "hunter2-c"}, []string{"hunter2"})
	if strings.Contains(odd.Name+odd.Code, "hunter2") {
		t.Errorf("got %#v", odd)
	}
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]*Error{
		"no reason given":      {},
		"AbortError":           {Name: "AbortError"},
		"gone":                 {Name: "TypeError", Message: "gone"},
		"X":                    {Code: "X"},
		"gone: X":              {Message: "gone", Code: "X"},
		"connect ECONNREFUSED": {Message: "connect ECONNREFUSED", Code: "ECONNREFUSED"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for code, want := range map[string]driver.Kind{
		"": driver.KindNetwork, "ECONNREFUSED": driver.KindNetwork, "ENOTFOUND": driver.KindNetwork, "UND_ERR_SOCKET": driver.KindNetwork,
		"DEPTH_ZERO_SELF_SIGNED_CERT": driver.KindTLS, "CERT_HAS_EXPIRED": driver.KindTLS, "ERR_TLS_CERT_ALTNAME_INVALID": driver.KindTLS,
		"ERR_SSL_WRONG_VERSION_NUMBER": driver.KindTLS, "EPROTO": driver.KindTLS, "CERT": driver.KindNetwork,
		"UND_ERR_CONNECT_TIMEOUT": driver.KindTimeout, "ETIMEDOUT": driver.KindTimeout,
		"HPE_INVALID_CONSTANT": driver.KindProtocol, "HPE_INVALID_EOF_STATE": driver.KindNetwork, "Z_DATA_ERROR": driver.KindProtocol,
		"UND_ERR_HEADERS_OVERFLOW": driver.KindLimit, "ERR_ACCESS_DENIED": driver.KindDenied,
		"UND_ERR_INVALID_ARG": driver.KindInvalid, "ERR_INVALID_URL": driver.KindInvalid, "UND_ERR_NOT_SUPPORTED": driver.KindUnsupported,
	} {
		if got, _ := kindOf(&Error{Name: "TypeError", Code: code}); got != want {
			t.Errorf("%q: got %v, want %v", code, got, want)
		}
	}
	for name, want := range map[string]driver.Kind{
		"TypeError": driver.KindNetwork, "Error": driver.KindNetwork, "AbortError": driver.KindOther, "NotCapable": driver.KindDenied,
		"TimeoutError": driver.KindTimeout,
	} {
		if got, _ := kindOf(&Error{Name: name}); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
	if _, about := kindOf(&Error{Code: "CERT_UNTRUSTED"}); about != "certificate is not trusted" {
		t.Errorf("got %q", about)
	}
	if kind, _ := kindOf(newError(&jsfetch.Exception{Message: "fetch failed", Cause: &jsfetch.Exception{Message: "bad port"}}, []string{"bad port"})); kind != driver.KindUnsupported {
		t.Errorf("a blocked port is %v", kind)
	}
}

func TestDescribedMatches(t *testing.T) {
	var d error = &described{"about", io.ErrNoProgress}
	if !errors.Is(d, io.ErrNoProgress) || d.Error() != "about: "+io.ErrNoProgress.Error() {
		t.Errorf("got %v", d)
	}
}
