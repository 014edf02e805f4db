// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// hop is one redirect of a chain: its status, and the host that it leads to.
type hop struct {
	status int
	host   string
}

// redirectChain returns the URL that starts a chain of redirects, and ends at "echo".
func (p *platform) redirectChain(token string, hosts map[string]string, first string, hops []hop) string {
	host := func(i int) string {
		if i == 0 {
			return hosts[first]
		}
		return hosts[hops[i-1].host]
	}
	url := conformance.ScenarioURL(host(len(hops)), token, "echo")
	for i := len(hops) - 1; i >= 0; i-- {
		to := url
		if i%2 == 1 && hops[i].host == "main" && host(i) == host(i+1) {
			to = strings.TrimPrefix(to, host(i+1)) // a relative reference
		}
		url = conformance.ScenarioURL(host(i), token, "redirect", "status", strconv.Itoa(hops[i].status), "to", to)
	}
	return url
}

// redirectCase is what both followers are given.
type redirectCase struct {
	method  string
	body    bool
	getBody bool
	first   string
	hops    []hop
}

// follow sends a case through do and returns what the origin and the caller saw.
func (p *platform) follow(c redirectCase, hosts map[string]string, do func(*http.Request) (*http.Response, error)) (seen []string, outcome string) {
	p.Helper()
	token := p.witness.Token()
	clean := func(s string) string { return strings.ReplaceAll(s, token, "TOKEN") }
	var body io.Reader
	if c.body {
		body = strings.NewReader("some body")
	}
	req := p.request(p.Context(), c.method, p.redirectChain(token, hosts, c.first, c.hops), body)
	if !c.getBody {
		req.GetBody = nil
	}
	req.Header.Set("X-Custom", "kept")
	req.Header.Set("Content-Type", "text/plain")
	req.Header.Set("Authorization", "Bearer secret")
	if !p.tr.Capabilities().ForbidsHeader("Cookie") {
		req.Header.Set("Cookie", "a=b")
	}
	resp, err := do(req)
	switch {
	case err != nil:
		outcome = "error"
		if strings.Contains(err.Error(), "stopped after 10 redirects") {
			outcome = "stopped after 10 redirects"
		}
	default:
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		var e conformance.Echo
		if json.Unmarshal(text, &e) == nil {
			text = []byte(e.Method + " " + e.SHA256)
		}
		outcome = clean(fmt.Sprintf("%s %s %s %s", resp.Status, resp.Request.Method, resp.Request.URL, text))
	}
	events, err := p.witness.Events(p.Context(), token, "", 0, 0)
	if err != nil {
		p.Fatal(err)
	}
	for _, ev := range events {
		switch ev.Kind {
		case conformance.EventRequest:
			var e conformance.Echo
			if err := json.Unmarshal(ev.Data, &e); err != nil {
				p.Fatal(err)
			}
			line := fmt.Sprintf("%s %s %s length %d", e.Method, e.Host, e.Target, e.ContentLength)
			for _, name := range []string{"X-Custom", "Content-Type", "Authorization", "Cookie", "Referer"} {
				line += fmt.Sprintf(" %s=%q", name, e.Header[name])
			}
			seen = append(seen, clean(line))
		case conformance.EventBodyEnd:
			seen = append(seen, "body "+string(ev.Data))
		}
	}
	return seen, outcome
}

// TestPlatformRedirects sends random chains through Do and through http.Client over the same
// transport: the origin must see the same requests, and the caller the same response.
func TestPlatformRedirects(t *testing.T) {
	p := newPlatform(t)
	addrs := p.witness.Addresses()
	hosts := map[string]string{
		"main":    addrs.Main,
		"other":   addrs.Other,                                               // same host, another port
		"foreign": strings.Replace(addrs.Other, "127.0.0.1", "localhost", 1), // another host
	}
	if !p.tr.Capabilities().Has(driver.RedirectExpose) {
		p.platformFollows()
		return
	}
	client := &http.Client{Transport: p.tr}
	check := func(c redirectCase) {
		t.Helper()
		wantSeen, want := p.follow(c, hosts, client.Do)
		gotSeen, got := p.follow(c, hosts, p.tr.Do)
		if want != got {
			t.Errorf("%+v: Do returned %q, http.Client %q", c, got, want)
		}
		if d := cmp.Diff(wantSeen, gotSeen); d != "" {
			t.Errorf("%+v: the origin saw other requests (-http.Client +Do):\n%s", c, d)
		}
		if len(gotSeen) == 0 {
			t.Errorf("%+v: the origin saw nothing", c)
		}
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
			body := method == "POST" || method == "PUT"
			check(redirectCase{method, body, body, "main", []hop{{status, "main"}}})
		}
		check(redirectCase{"POST", true, false, "main", []hop{{status, "main"}}}) // no GetBody
		check(redirectCase{"POST", true, true, "main", []hop{{status, "foreign"}, {307, "main"}}})
	}
	for _, n := range []int{9, 10, 11} {
		var hops []hop
		for range n {
			hops = append(hops, hop{302, "main"})
		}
		check(redirectCase{"GET", false, false, "main", hops})
	}
	rnd := rand.New(rand.NewPCG(3, 1))
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	for range 60 {
		c := redirectCase{method: pick("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"), first: pick("main", "other", "foreign")}
		c.body = c.method == "POST" || c.method == "PUT" || c.method == "PATCH"
		c.getBody = c.body && rnd.IntN(4) > 0
		for range 1 + rnd.IntN(4) {
			c.hops = append(c.hops, hop{[]int{301, 302, 303, 307, 308}[rnd.IntN(5)], pick("main", "other", "foreign")})
		}
		check(c)
	}
}

// platformFollows checks what pages do instead: the platform follows, and the response
// says where it came from.
func (p *platform) platformFollows() {
	for name, call := range map[string]func(*http.Request) (*http.Response, error){"RoundTrip": p.tr.RoundTrip, "Do": p.tr.Do} {
		final := p.url("status", "code", "200")
		resp, err := call(p.request(p.Context(), "GET", p.url("redirect", "to", final), nil))
		if err != nil {
			p.Fatalf("%s: %v", name, err)
		}
		if got := resp.Request.URL.String(); got != final || resp.StatusCode != 200 {
			p.Errorf("%s: %s from %s, want 200 from %s", name, resp.Status, got, final)
		}
		if body := p.read(resp); string(body) != "status" {
			p.Errorf("%s: body %q", name, body)
		}
	}
	if _, err := transport.New(&transport.Options{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}); !errors.Is(err, errors.ErrUnsupported) {
		p.Errorf("CheckRedirect where the platform follows: %v", err)
	}
}

func TestPlatformRoundTripDoesNotFollow(t *testing.T) {
	p := newPlatform(t)
	if !p.tr.Capabilities().Has(driver.RedirectExpose) {
		p.platformFollows()
		return
	}
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		resp := p.send(p.request(t.Context(), "GET", p.url("status", "code", strconv.Itoa(status), "location", "/elsewhere"), nil))
		if resp.StatusCode != status || resp.Header.Get("Location") != "/elsewhere" {
			t.Errorf("%d: got %s, Location %q", status, resp.Status, resp.Header.Get("Location"))
		}
	}
	if n := len(p.events(conformance.EventDone, 7)); n != 7 {
		t.Errorf("the origin saw %d requests, want 7", n)
	}
}

func TestPlatformCheckRedirect(t *testing.T) {
	p := newPlatform(t)
	if !p.tr.Capabilities().Has(driver.RedirectExpose) {
		p.platformFollows()
		return
	}
	refused := errors.New("not there")
	var answer error
	tr, err := transport.New(&transport.Options{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) != 1 || via[0].Method != "POST" || req.Method != "GET" {
			t.Errorf("CheckRedirect saw %s after %d", req.Method, len(via))
		}
		return answer
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	do := func() (*http.Response, error) {
		return tr.Do(p.request(t.Context(), "POST", p.url("redirect", "to", p.url("echo")), bytes.NewReader([]byte("x"))))
	}
	answer = http.ErrUseLastResponse
	resp, err := do()
	if err != nil || resp.StatusCode != 302 {
		t.Fatalf("ErrUseLastResponse: %v", err)
	}
	resp.Body.Close()
	answer = refused
	if resp, err = do(); resp != nil || !errors.Is(err, refused) {
		t.Errorf("refusal: %v, %v", resp, err)
	}
	answer = nil
	if resp, err = do(); err != nil || resp.StatusCode != 200 {
		t.Fatalf("consent: %v", err)
	}
	resp.Body.Close()
}
