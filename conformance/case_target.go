// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

func rlCases() []Case {
	return []Case{
		must("RL-01", standardMethods, Set(EventRequest, "method", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")),
		must("RL-02", emptyMethod, Values(EventRequest, "method", "GET")),
		must("RL-03", extensionMethods, Values(EventRequest, "method", "REPORT", "X-CUSTOM")),
		gated("RL-04", driver.MethodConnectTrace, methodTrace, methodTraceRefused),
		must("RL-05", illegalMethods, Nothing()),
		must("RL-06", targetKept),
		gated("RL-07", driver.RawTarget, dotsKept, dotsResolved),
		must("RL-08", emptyPath),
		must("RL-09", fragmentStays, Nowhere(EventRequest, "fragment-part")),
		must("RL-10", userinfo, Nowhere(EventRequest, "s3cret")),
		must("RL-11", hostValue),
		must("RL-12", literalHosts),
		must("RL-13", otherSchemes, Nothing()),
		must("RL-14", badPorts, Nothing()),
	}
}

func standardMethods(t *T) {
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		resp := t.Send(t.Request(m, t.URL("echo"), nil))
		t.Read(resp)
		t.Equal(m+": status", resp.StatusCode, 200)
	}
}

func emptyMethod(t *T) {
	req := t.Get(t.URL("echo"))
	req.Method = ""
	t.Equal("method", t.Echo(req).Method, "GET")
}

func extensionMethods(t *T) {
	for _, m := range []string{"REPORT", "X-CUSTOM"} {
		t.Equal("method", t.Echo(t.Request(m, t.URL("echo"), nil)).Method, m)
	}
}

func methodTrace(t *T) {
	for _, m := range []string{http.MethodTrace, http.MethodConnect} {
		t.Equal("method", t.Echo(t.Request(m, t.URL("echo"), nil)).Method, m)
	}
	t.Expect(Values(EventRequest, "method", "TRACE", "CONNECT"))
}

func methodTraceRefused(t *T) {
	t.refused("TRACE", t.Request(http.MethodTrace, t.URL("echo"), nil), driver.KindUnsupported)
	t.refused("CONNECT", t.Request(http.MethodConnect, t.URL("echo"), nil), driver.KindUnsupported)
	t.Expect(Nothing())
}

func illegalMethods(t *T) {
	for _, m := range []string{" ", "GE T", "GET ", "A\r\nB", "GET\n", "A:B", "M\xe9", "(", "A\x00"} {
		req := t.Get(t.URL("echo"))
		req.Method = m
		t.refused("method "+strings.ToValidUTF8(m, "?"), req, driver.KindInvalid)
	}
}

func targetKept(t *T) {
	for _, rest := range []string{
		"/a%2Fb", "/a%20b", "/a+b", "/a;b=c", "?", "?x=1&x=2&y=", "?q=%2F%20+;", "/[a]?q=[b]", "/%7Euser/~user", "/%e4%F6",
		"/a//b", "?a=b?c/d", "/a:b@c,d$e&f=g!h*i", "?&&=",
	} {
		t.Equal("the target of "+rest, t.Echo(t.Get(t.URL("echo")+rest)).Target, "/t/"+t.Token()+"/echo"+rest)
	}
}

// dots is a path with segments that resolving takes out. It leads to the same scenario
// either way.
const dots = "/a/../b/./c"

func dotsKept(t *T) {
	t.Equal("target", t.Echo(t.Get(t.URL("echo")+dots)).Target, "/t/"+t.Token()+"/echo"+dots)
}

func dotsResolved(t *T) {
	req := t.Get(t.URL("echo") + dots)
	resp := t.Send(req)
	t.Read(resp)
	t.Equal("Response.Request.URL", resp.Request.URL.Path, "/t/"+t.Token()+"/echo"+dots)
	t.Expect(Values(EventRequest, "target", "/t/"+t.Token()+"/echo/b/c"))
}

func emptyPath(t *T) {
	req := t.Get(t.Addresses().Main + "?token=" + t.Token())
	t.Equal("path", req.URL.Path, "")
	t.Equal("target", t.Echo(req).Target, "/?token="+t.Token())
	t.Expect(Count(EventRequest, 1))
}

func fragmentStays(t *T) {
	resp := t.Send(t.Get(t.URL("echo", "q", "1") + "#fragment-part"))
	t.Read(resp)
	t.Equal("fragment of Response.Request.URL", resp.Request.URL.Fragment, "fragment-part")
	t.Expect(Values(EventRequest, "target", "/t/"+t.Token()+"/echo?q=1"))
}

func userinfo(t *T) {
	with := func() *http.Request {
		req := t.Get(t.URL("echo"))
		req.URL.User = url.UserPassword("somebody", "s3cret")
		return req
	}
	t.Equal("Authorization by RoundTrip", t.Echo(with()).Header["Authorization"], []string(nil))
	resp, err := t.Client().Do(with())
	if err != nil {
		t.Fatalf("http.Client: %v", err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	t.Expect(Values(EventRequest, "header.Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("somebody:s3cret"))),
		Nowhere(EventRequest, "somebody"))
}

func hostValue(t *T) {
	want := strings.TrimPrefix(t.Addresses().Main, "http://")
	e := t.Echo(t.Get(t.URL("echo")))
	t.Equal("Host", e.Host, want)
	t.Equal("Host lines", e.Line("Host"), []string{want})
	if t.Has(driver.Proxy) {
		defaultPort(t)
	}
}

// defaultPort needs a way to get what is meant for port 80, which a test cannot listen on: the
// origin as a proxy, which is sent the same request.
func defaultPort(t *T) {
	tr, err := t.New(Config{Config: driver.Config{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(t.Addresses().Main) }}})
	if err != nil {
		t.Fatalf("Proxy: %v", err)
	}
	for port, want := range map[string]string{"": "elsewhere.test", ":80": "elsewhere.test", ":443": "elsewhere.test:443"} {
		resp, err := t.TryOn(tr, t.Get(ScenarioURL("http://elsewhere.test"+port, t.Token(), "echo")))
		if t.True(err == nil, "port %q: %v", port, err) {
			t.Equal("port "+port+": Host lines", t.echoOf(resp).Line("Host"), []string{want})
		}
	}
}

func literalHosts(t *T) {
	for _, base := range []string{t.Addresses().Main, t.Addresses().IPv6} {
		want := strings.TrimPrefix(base, "http://")
		e := t.Echo(t.Get(ScenarioURL(base, t.Token(), "echo")))
		t.Equal("Host", e.Host, want)
		t.Equal("Host lines", e.Line("Host"), []string{want})
	}
	t.Expect(Count(EventRequest, 2))
}

func otherSchemes(t *T) {
	for _, scheme := range []string{"ftp", "file", "data", "blob", "ws", "", "httpx"} {
		req := t.Request(http.MethodPost, t.URL("echo"), bytes.NewReader([]byte("body")))
		req.URL.Scheme = scheme
		err := t.Fail(req)
		t.kind("scheme "+scheme, err, driver.KindInvalid)
		t.True(strings.Contains(err.Error(), "unsupported protocol scheme"), "scheme %q: the text is %q", scheme, err)
	}
}

func badPorts(t *T) {
	for _, port := range []string{"99999", "http", "-1", "80a"} {
		req := t.Get(t.URL("echo"))
		req.URL.Host = "127.0.0.1:" + port
		req.Host = req.URL.Host
		resp, err := t.Try(req)
		t.True(err != nil, "port %s: got a response: %v", port, resp != nil)
	}
}
