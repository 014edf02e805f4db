// SPDX-License-Identifier: MIT

package driver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Whatever of a request a platform or a server repeats, and however, is taken out.
func TestSecrets(t *testing.T) {
	req, err := http.NewRequest("GET", "https://some-account:pa%20ss@host.test/container/report%2D2026.pdf?sv=1&sig=ab%2Fcd%2Bef%3D&flag-of-a-kind", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SharedKey storage-account:c2lnbmF0dXJl")
	req.Header.Set("Cookie", `a=short; session="0123456789"`)
	secrets := Secrets(req)
	if !slices.IsSortedFunc(secrets, func(a, b string) int { return len(b) - len(a) }) {
		t.Errorf("not the longest first: %q", secrets)
	}
	for _, echoed := range []string{
		"/container/report%2D2026.pdf?sv=1&sig=ab%2Fcd%2Bef%3D&flag-of-a-kind", "/container/report-2026.pdf", "report-2026.pdf", "report%2D2026.pdf",
		"sv=1&sig=ab%2Fcd%2Bef%3D&flag-of-a-kind", "ab%2Fcd%2Bef%3D", "ab/cd+ef=", "flag-of-a-kind",
		"some-account", "pa ss", "pa%20ss",
		"SharedKey storage-account:c2lnbmF0dXJl", "storage-account", "c2lnbmF0dXJl", "0123456789",
	} {
		text := CleanText("it says "+echoed+" is bad", secrets...)
		if strings.Contains(text, echoed) || !strings.HasPrefix(text, "it says ") || !strings.HasSuffix(text, " is bad") {
			t.Errorf("%q: shown as %q", echoed, text)
		}
	}
	req, err = http.NewRequest("GET", "https://host.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	// A header at the usual limit, in short pieces, is no burden.
	var many strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&many, "piece%d%0*d ", i, i%7, 0)
	}
	req.Header.Set("X-Many", many.String())
	if all := Secrets(req); len(all) < 100_000 || !slices.IsSortedFunc(all, func(a, b string) int { return len(b) - len(a) }) {
		t.Errorf("%d secrets, not the longest first", len(all))
	}
	req.Header.Del("X-Many")

	req.URL.Opaque = "//host.test/path%2Dsecret/of-segments"
	for _, echoed := range []string{"/path%2Dsecret/of-segments", "/path-secret/of-segments", "path-secret", "of-segments"} {
		if text := CleanText("no "+echoed+" here", Secrets(req)...); strings.Contains(text, echoed) {
			t.Errorf("opaque: shown as %q", text)
		}
	}
	req.SetBasicAuth("somebody", "abc")
	if text := CleanText("somebody may not, abc is wrong", Secrets(req)...); text != "... may not, ... is wrong" {
		t.Errorf("of Basic Authorization: %q", text)
	}
}
