// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func stCases() []Case {
	return []Case{
		must("ST-01", commonCodes),
		must("ST-02", unregisteredCodes, Count(EventRequest, 5)),
		gated("ST-03", driver.StatusWide, wideCodes, wideCodesRefused),
		gated("ST-04", driver.Reason, reasonPhrase, standardText),
		must("ST-05", interimDropped),
		gated("ST-06", driver.Trace, interimHook, noInterimHook),
		must("ST-07", endlessInterim).within(20 * time.Second),
		gated("ST-08", driver.Upgrade, upgraded, upgradeRefused),
		must("ST-09", noHiddenRetry),
	}
}

// status asks for a code and checks what comes.
func (t *T) status(code int) {
	n := strconv.Itoa(code)
	resp := t.Send(t.Get(t.URL("status", "code", n)))
	t.Equal("code", resp.StatusCode, code)
	t.True(strings.HasPrefix(resp.Status, n+" "), "%d: Status is %q", code, resp.Status)
	want := "status"
	if code == http.StatusNoContent || code == http.StatusNotModified {
		want = ""
	}
	t.Equal(n+": body", string(t.Read(resp)), want)
}

func commonCodes(t *T) {
	for _, code := range []int{200, 201, 202, 203, 204, 206, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415,
		416, 417, 418, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 508, 510, 511} {
		t.status(code)
	}
}

func unregisteredCodes(t *T) {
	for _, code := range []int{299, 345, 499, 555, 599} {
		t.status(code)
	}
}

func wideCodes(t *T) {
	for _, code := range []int{600, 799, 999} {
		t.status(code)
	}
}

func wideCodesRefused(t *T) { t.Fail(t.Get(t.URL("status", "code", "600"))) }

func reasonPhrase(t *T) {
	resp := t.Send(t.Get(t.URL("script", "name", "reason")))
	t.Equal("Status", resp.Status, "200 Splendid")
	resp = t.Send(t.Get(t.URL("script", "name", "no-reason")))
	t.True(strings.HasPrefix(resp.Status, "404 "), "Status is %q", resp.Status)
}

func standardText(t *T) {
	resp := t.Send(t.Get(t.URL("script", "name", "reason")))
	t.Equal("Status", resp.Status, "200 OK")
	resp = t.Send(t.Get(t.URL("script", "name", "no-reason")))
	t.Equal("Status", resp.Status, "404 Not Found")
}

func interimDropped(t *T) {
	for _, code := range []string{"100", "102", "103", "150"} {
		resp := t.Send(t.Get(t.URL("interim", "code", code, "code", code)))
		t.Equal(code+": the final code", resp.StatusCode, 200)
		t.Equal(code+": X-Interim", resp.Header["X-Interim"], []string(nil))
		t.Equal(code+": X-Test", resp.Header.Get("X-Test"), "final")
		t.Equal(code+": body", string(t.Read(resp)), "final")
	}
}

// traced asks for interim responses and returns those that the hook was told of.
func traced(t *T) (codes []int) {
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			codes = append(codes, code)
			return nil
		},
	})
	resp := t.Send(t.RequestContext(ctx, http.MethodGet, t.URL("interim", "code", "102", "code", "103"), nil))
	t.Equal("body", string(t.Read(resp)), "final")
	return codes
}

func interimHook(t *T) { t.Equal("interim codes", traced(t), []int{102, 103}) }

func noInterimHook(t *T) { t.Equal("interim codes", traced(t), []int(nil)) }

func endlessInterim(t *T) {
	t.bounded("103 without end", t.URL("script", "name", "interim-flood"))
	t.Requests(1, 1)
}

// upgradeRequest asks for the protocol that the scenario switches to.
func (t *T) upgradeRequest() *http.Request {
	req := t.Get(t.URL("upgrade"))
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	return req
}

// upgraded uses the connection after the end of the context that it was asked for with, as
// dialers do that have a limit for the handshake.
func upgraded(t *T) {
	req := t.upgradeRequest()
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	resp := t.Send(req.WithContext(ctx))
	t.Equal("code", resp.StatusCode, 101)
	cancel()
	rw, ok := resp.Body.(io.ReadWriter)
	if !t.True(ok, "the body of a 101 is a %T, want one that can be written to", resp.Body) {
		return
	}
	for _, word := range []string{"there", "and back"} {
		_, err := io.WriteString(rw, word)
		t.True(err == nil, "writing %q: %v", word, err)
		t.Equal("what comes back", string(t.readFull(resp, len(word))), word)
	}
	t.True(resp.Body.Close() == nil, "Close fails")
	t.Expect(Count(EventRequest, 1), Each(EventRequest, "header.Upgrade", "echo"))
}

// upgradeRefused asks for another protocol, which is refused before anything is sent, and
// then gets one that it has not asked for.
func upgradeRefused(t *T) {
	t.refused("asking for an upgrade", t.upgradeRequest(), driver.KindUnsupported)
	// Chromium waits for more until it is told to stop, in plain JavaScript too.
	ctx, cancel := context.WithTimeout(t.Context(), t.Limit(2*time.Second))
	defer cancel()
	err := t.Fail(t.RequestContext(ctx, http.MethodGet, t.URL("upgrade"), nil))
	t.True(ctx.Err() == nil || t.Page(), "a 101 that was not asked for: got %v, and not before the case had enough", err)
	t.Requests(1, 1)
	t.Expect(Count(EventRequest, 1), Absent(EventRequest, "header.Upgrade"))
}

// noHiddenRetry records whether an engine repeats by itself what is answered 408, as browsers
// may.
func noHiddenRetry(t *T) {
	codes := []int{401, 403, 429, 500, 502, 503, http.StatusRequestTimeout}
	for _, code := range codes {
		t.status(code)
		resp := t.Send(t.Request(http.MethodPost, t.URL("status", "code", strconv.Itoa(code)), strings.NewReader("body")))
		t.Equal("code", resp.StatusCode, code)
		t.Read(resp)
	}
	seen := make(map[string]int)
	for _, e := range t.events() {
		if target, ok := fieldOf(e, "target"); ok && e.Kind == EventRequest {
			_, code, _ := strings.Cut(target, "code=")
			seen[code]++
		}
	}
	n := 2 * len(codes)
	more := 0
	for _, code := range codes {
		times := seen[strconv.Itoa(code)]
		if t.Page() && code == http.StatusRequestTimeout && times > 2 {
			t.remark("the engine repeats what is answered 408")
			more = times - 2
			continue
		}
		t.Equal(strconv.Itoa(code)+": requests", times, 2)
	}
	t.True(more <= 4, "408: %d requests more than were made", more)
	t.Requests(n, n+more)
}
