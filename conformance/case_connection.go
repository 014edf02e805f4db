// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
	"io"
	"net/http"

	"github.com/isohttp/isohttp/transport/driver"
)

func cnCases() []Case {
	return []Case{
		gated("CN-01", driver.Pool, connectionReused, connectionEach),
		gated("CN-02", driver.PoolControl, idleClosed, idleCloseHarmless),
		must("CN-03", closedByServer, Count(EventRequest, 6)),
		must("CN-04", closedBeforePost, Unique(EventBodyEnd, "sha256")),
		gated("CN-05", driver.PoolControl, requestClose, requestCloseHarmless),
		gated("CN-06", driver.Proxy, proxyUsed, proxyRefused),
		gated("CN-07", driver.TLSConfig, tlsOptions, tlsOptionsRefused),
		gated("CN-08", driver.PhaseTimeout, phasesLimited, phasesRefused),
	}
}

const reuses = 5

// fiveInTurn reads and closes one response before it asks for the next.
func fiveInTurn(t *T) {
	for i := range reuses {
		resp := t.Send(t.Get(t.URL("bytes", "size", "70000")))
		t.Equal(fmt.Sprint("body ", i+1), hashOf(t.Read(resp)), hashOf(Pattern(70000, 1)))
		resp.Body.Close()
	}
	t.Expect(Count(EventRequest, reuses))
}

// connectionReused wants one connection of a pool of the transport's own. A pool that is the
// platform's has connections of other cases too, and which of them it takes is its affair.
func connectionReused(t *T) {
	fiveInTurn(t)
	most := reuses - 2
	if t.Has(driver.PoolControl) {
		// Not one: net/http gives a connection up whose request is not known to be written
		// 50 ms after the response.
		most = 2
	}
	t.Expect(Distinct(EventRequest, "conn", 1, most))
}

// connectionEach wants a connection for every request: a transport that keeps some, and does
// not say so, is not what it declares. Under WASI it is the host that keeps them or not, of which
// a guest knows nothing.
func connectionEach(t *T) {
	fiveInTurn(t)
	low := reuses
	if t.run.column == columnWASI {
		low = 1
	}
	t.Expect(Distinct(EventRequest, "conn", low, reuses))
}

// inFlight closes idle connections while there are none, while a body is being read, and
// after that.
func inFlight(t *T) {
	t.tr.CloseIdleConnections()
	resp := t.Send(t.Get(t.URL("gate")))
	t.readFull(resp, 1000)
	t.tr.CloseIdleConnections()
	t.Release("go")
	t.Equal("the rest of a body in flight", len(t.Read(resp)), 1000)
	t.tr.CloseIdleConnections()
}

func idleClosed(t *T) {
	inFlight(t)
	second, n := t.reuse()
	t.tr.CloseIdleConnections()
	third := t.Echo(t.Get(t.URL("echo")))
	t.True(third.Conn != second.Conn, "after CloseIdleConnections the connection %d is still used", third.Conn)
	t.Expect(Count(EventRequest, n+2), Distinct(EventRequest, "conn", 2, n+1))
}

// reuse wants a request to have the connection of the one before it, within a few tries, and
// returns the last one and how many there were.
func (t *T) reuse() (last Echo, n int) {
	last = t.Echo(t.Get(t.URL("echo")))
	for n = 2; ; n++ {
		next := t.Echo(t.Get(t.URL("echo")))
		same := next.Conn == last.Conn
		if last = next; same || n > reuses {
			t.True(same, "none of %d requests had the connection of the one before", n)
			return last, n
		}
	}
}

func idleCloseHarmless(t *T) {
	inFlight(t)
	for range reuses {
		t.Equal("status", t.Send(t.Get(t.URL("status"))).StatusCode, 200)
		t.tr.CloseIdleConnections()
	}
	t.Expect(Count(EventRequest, reuses+1))
	if t.Has(driver.Pool) { // none is closed, so that there are never six
		t.Expect(Distinct(EventRequest, "conn", 1, reuses))
	}
}

// closedByServer sends its requests 200 ms after the server has ended a connection that was
// kept: the script takes that time before it is done.
func closedByServer(t *T) {
	for i := range 3 {
		gate := fmt.Sprint("go", i)
		t.Equal("body", string(t.Read(t.Send(t.Get(t.URL("script", "name", "idle-close", "gate", gate))))), "ok")
		t.Release(gate)
		t.Wait(EventDone, 2*i+1)
		resp := t.Send(t.Get(t.URL("status")))
		t.Equal("status", resp.StatusCode, 200)
		t.Read(resp)
	}
}

// closedBeforePost sends what cannot be sent again when the kept connection has been ended, is
// just being ended, and when the server ends it with the body in its hands.
func closedBeforePost(t *T) {
	ways := []struct {
		name   string
		script string // that ends the kept connection
		post   string
		await  bool // that it has been ended
	}{
		{"ended", "idle-close", t.URL("echo"), true},
		{"reset", "idle-reset", t.URL("echo"), true},
		{"being ended", "idle-close", t.URL("echo"), false},
		{"being reset", "idle-reset", t.URL("echo"), false},
		{"ended with the body", "", t.URL("script", "name", "take"), false},
	}
	if t.Page() {
		// Chromium repeats what a connection that has served before did not answer.
		ways = ways[:4]
	}
	over, requests := 0, 0
	for i, way := range ways {
		keep, gate := t.URL("status"), fmt.Sprint("go", i)
		if way.script != "" {
			keep = t.URL("script", "name", way.script, "gate", gate)
		}
		// The connection of the way before may only now turn out to be over.
		resp, err := t.Try(t.Get(keep))
		for again := 0; err != nil && again < 3; again++ {
			resp, err = t.Try(t.Get(keep))
		}
		if err != nil {
			t.Fatalf("%s: GET failed: %v", way.name, err)
		}
		t.Equal(way.name+": status", resp.StatusCode, 200)
		t.Read(resp)
		over++
		requests++
		t.Release(gate)
		if way.await {
			t.Wait(EventDone, over)
		}
		resp, err = t.Try(t.Request(http.MethodPost, way.post, unsized(fmt.Append(nil, "body ", i))))
		if err != nil {
			t.kind(way.name, err, driver.KindNetwork, driver.KindProtocol, driver.KindOther)
			continue
		}
		_, err = io.Copy(io.Discard, resp.Body)
		t.True(err == nil, "%s: reading the response: %v", way.name, err)
		over++
		requests++
	}
	t.Requests(requests, 2*len(ways))
}

func requestClose(t *T) {
	_, n := t.reuse()
	req := t.Get(t.URL("echo"))
	req.Close = true
	second := t.Echo(req)
	t.Equal("Connection", second.Line("Connection"), []string{"close"})
	third := t.Echo(t.Get(t.URL("echo")))
	t.True(third.Conn != second.Conn, "the connection %d is used again after Request.Close", third.Conn)
	t.Expect(Count(EventRequest, n+2), Distinct(EventRequest, "conn", 2, n+1))
}

func requestCloseHarmless(t *T) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		req := t.Request(method, t.URL("echo"), nil)
		req.Close = true
		t.Equal("method", t.Echo(req).Method, method)
	}
	t.Expect(Values(EventRequest, "method", "GET", "POST"))
}
