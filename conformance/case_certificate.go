// SPDX-License-Identifier: MIT

package conformance

import (
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// certificates sends a request to each listener, whose certificate is to be refused, and before
// that one to a listener whose certificate is good: a platform that trusts nobody proves
// nothing. It gives what the former ended with.
func certificates(t *T, listeners map[string]string) map[string]error {
	t.Equal("status over TLS", t.Send(t.Get(ScenarioURL(t.Addresses().TLS1, t.Token(), "status"))).StatusCode, 200)
	errs := make(map[string]error)
	for what, base := range listeners {
		o := t.start(t.Get(ScenarioURL(base, t.Token(), "status")))
		if t.Within(what+": the call's return", o.done) && t.True(o.err != nil, "%s: the certificate was accepted", what) {
			errs[what] = o.err
		}
	}
	t.Requests(1, 1)
	return errs
}

func untrusted(t *T) map[string]string {
	return map[string]string{"an unknown authority": t.Addresses().BadCA}
}

func unfitting(t *T) map[string]string {
	return map[string]string{"another name": t.Addresses().BadName, "an expired certificate": t.Addresses().Expired}
}

// certificateCause makes the form of a case on platforms that say that it was the certificate.
func certificateCause(listeners func(*T) map[string]string) func(*T) {
	return func(t *T) {
		for what, err := range certificates(t, listeners(t)) {
			t.kind(what, err, driver.KindTLS)
			t.True(strings.Contains(err.Error(), "certificate is not trusted"), "%s: the text is %q", what, err)
			t.True(final(err), "%s: %v is not marked as final", what, err)
		}
	}
}

// certificateBare makes the form of a case on platforms that only say that it failed.
func certificateBare(listeners func(*T) map[string]string) func(*T) {
	return func(t *T) {
		for what, err := range certificates(t, listeners(t)) {
			t.network(what, err)
		}
	}
}

// mixedContent asks for http in a page of https. The name is the origin's alias, because
// loopback's own names count as secure; that it leads to the origin is seen over TLS.
func mixedContent(t *T) {
	alias := func(base string) string {
		return ScenarioURL(strings.Replace(base, "127.0.0.1", AliasHost, 1), t.Token(), "status")
	}
	t.Equal("status over TLS", t.Send(t.Get(alias(t.Addresses().TLS1))).StatusCode, 200)
	t.network("http in a page of https", t.Fail(t.Get(alias(t.Addresses().Other))))
	t.Requests(1, 1)
	t.Expect(Each(EventRequest, "host", strings.TrimPrefix(strings.Replace(t.Addresses().TLS1, "127.0.0.1", AliasHost, 1), "https://")))
}
