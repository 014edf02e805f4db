// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Witness is a test's way to the origin's event log.
type Witness struct {
	addrs   Addresses
	control string // where to ask, if not at Main
	rt      http.RoundTripper
}

// local is the origin of this process, where no runner has started one.
var local struct {
	once   sync.Once
	origin *Origin
	err    error
}

// Connect returns a Witness of the origin that a runner has passed in the environment or,
// without one, of an origin in this process, which is started once and stays until the
// process ends. The witness asks through rt. On platforms where that is the transport
// under test, a test of more than the simplest exchange has been preceded by one of
// those.
func Connect(rt http.RoundTripper) (*Witness, error) {
	if addrs, ok := environAddresses(); ok {
		return &Witness{addrs: addrs, rt: rt}, nil
	}
	local.once.Do(func() { local.origin, local.err = StartOrigin() })
	if local.err != nil {
		return nil, local.err
	}
	return &Witness{addrs: local.origin.addrs, rt: rt}, nil
}

// ConnectOther is Connect by the origin's other listener. A page has few connections to one
// host, and a test may have taken them all.
func ConnectOther(rt http.RoundTripper) (*Witness, error) {
	w, err := Connect(rt)
	if err == nil {
		w.addrs.Main, w.addrs.Other = w.addrs.Other, w.addrs.Main
	}
	return w, err
}

// Addresses returns the origin's base URLs.
func (w *Witness) Addresses() Addresses { return w.addrs }

// Token returns a token that nobody else has.
func (w *Witness) Token() string { return rand.Text() }

// URL returns the address of a scenario on the main listener. The pairs are the names and
// values of its parameters.
func (w *Witness) URL(token, scenario string, pairs ...string) string {
	return ScenarioURL(w.addrs.Main, token, scenario, pairs...)
}

// ScenarioURL is Witness.URL for any of the origin's listeners.
func ScenarioURL(base, token, scenario string, pairs ...string) string {
	u := base + "/t/" + token + "/" + scenario
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Add(pairs[i], pairs[i+1])
	}
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u
}

// Events returns the events of a token once there are count of a kind. It fails if they
// have not come within limit.
func (w *Witness) Events(ctx context.Context, token, kind string, count int, limit time.Duration) ([]Event, error) {
	q := url.Values{"token": {token}, "kind": {kind}, "count": {strconv.Itoa(count)},
		"timeout": {strconv.FormatInt(limit.Milliseconds(), 10)}}
	var events []Event
	if err := w.get(ctx, "/events?"+q.Encode(), &events); err != nil {
		return nil, err
	}
	if n := countKind(events, kind); n < count {
		return events, errors.New("the origin saw " + strconv.Itoa(n) + " of " + strconv.Itoa(count) + " events " + kind +
			" within " + limit.String() + "; it saw " + kinds(events))
	}
	return events, nil
}

func kinds(events []Event) string {
	s := "["
	for i, e := range events {
		if i > 0 {
			s += " "
		}
		s += e.Kind
	}
	return s + "]"
}

// Release lets the scenarios that wait at a gate of the token go on.
func (w *Witness) Release(ctx context.Context, token, gate string) error {
	var ok bool
	return w.get(ctx, "/release?"+url.Values{"token": {token}, "gate": {gate}}.Encode(), &ok)
}

func (w *Witness) get(ctx context.Context, path string, into any) error {
	base := w.addrs.Main
	if w.control != "" {
		base = w.control
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return err
	}
	resp, err := w.rt.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New("the origin answers " + resp.Status + ": " + string(body))
	}
	return json.Unmarshal(body, into)
}
