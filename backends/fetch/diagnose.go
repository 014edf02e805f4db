// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"net/url"

	"github.com/isohttp/isohttp/transport/driver"
)

// Diagnosis is what [Diagnose] found out about a server.
type Diagnosis int

const (
	// NoAnswer: no HTTP response arrived at all. The name may be wrong, the server may
	// be down, its certificate may have been refused, or the browser may have stopped
	// the request (mixed content, a Content-Security-Policy, an extension).
	NoAnswer Diagnosis = iota

	// OriginNotAllowed: the server answers, but its CORS rules do not let this page's
	// origin see the answer. It is to be told to: see package transport/azure for the
	// rule that Azure services need.
	OriginNotAllowed

	// Answered: the server answers and the program may see it. A request that fails
	// all the same fails for something that it has and a plain HEAD has not: its
	// method, one of its headers, its body.
	Answered
)

// String returns the finding in words.
func (d Diagnosis) String() string {
	switch d {
	case OriginNotAllowed:
		return "the server answers, but does not allow this origin"
	case Answered:
		return "the server answers"
	}
	return "nothing answers"
}

// Diagnose finds out why requests to rawURL fail where the platform does not tell. Browsers
// report a server that is not there and one that does not allow the page's origin by the
// same opaque error, on purpose; yet a request in the Fetch standard's mode "no-cors",
// whose answer stays hidden, succeeds only with the latter.
//
// It sends one HEAD request to rawURL and, if that fails in a page, another one of that
// mode, both without credentials, cache and body. Nothing else in this module calls it. The
// error is of type *driver.Error: the end of ctx, a URL that is none of http or https
// (KindInvalid), or a platform without fetch (KindUnsupported).
func Diagnose(ctx context.Context, rawURL string) (Diagnosis, error) {
	b, err := New(nil)
	if err != nil {
		return NoAnswer, err
	}
	defer b.CloseIdleConnections()
	return b.diagnose(ctx, rawURL)
}

func (b *Backend) diagnose(ctx context.Context, rawURL string) (Diagnosis, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		// Not the parser's error, which quotes the URL.
		return NoAnswer, &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Backend: name,
			Err: errorText("not an absolute http or https URL")}
	}
	u.User, u.Fragment = nil, ""
	for _, probe := range [...]struct {
		mode  string
		means Diagnosis
	}{{"cors", Answered}, {"no-cors", OriginNotAllowed}} {
		answered, err := b.platform.answers(ctx, target(u), probe.mode)
		if err != nil || answered {
			return probe.means, err
		}
	}
	return NoAnswer, nil
}
