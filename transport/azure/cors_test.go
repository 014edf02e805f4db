// SPDX-License-Identifier: MIT

package azure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport/azure"
)

const origin = "https://app.example"

func rules(origins ...string) map[string]azure.CORSRule {
	return map[string]azure.CORSRule{
		"blob": azure.BlobRule(origins...), "queue": azure.QueueRule(origins...), "table": azure.TableRule(origins...),
		"service": azure.ServiceRule([]string{"Ocp-Apim-Subscription-Key"}, origins...),
	}
}

func TestRules(t *testing.T) {
	for name, r := range rules(origin, "http://localhost:8080") {
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// What a page asks for, as Chromium writes it in Access-Control-Request-Headers.
		for _, h := range []string{"authorization", "content-type", "if-match", "if-none-match", "range", "x-ms-client-request-id",
			"x-ms-date", "x-ms-version", "x-ms-meta-color", "x-ms-useragent"} {
			if !covers(r.AllowedHeaders, h) {
				t.Errorf("%s: does not allow %s", name, h)
			}
		}
		// What azcore looks at.
		for _, h := range []string{"etag", "retry-after", "x-ms-retry-after-ms", "x-ms-error-code", "x-ms-request-id", "www-authenticate",
			"operation-location", "azure-asyncoperation", "location", "content-range", "content-length"} {
			if !covers(r.ExposedHeaders, h) {
				t.Errorf("%s: does not expose %s", name, h)
			}
		}
		if size := len(r.String()); size > 1800 {
			t.Errorf("%s: the rule has %d characters; all rules of a storage account share 2 KiB", name, size)
		}
		for _, names := range [][]string{r.AllowedHeaders, r.ExposedHeaders} {
			if c := slices.Compact(slices.Clone(names)); len(c) != len(names) || !slices.IsSorted(names) {
				t.Errorf("%s: %v has names twice or out of order", name, names)
			}
		}
	}
	if r := azure.TableRule(origin); !covers(r.AllowedHeaders, "dataserviceversion") || !slices.Contains(r.AllowedMethods, "MERGE") || !slices.Contains(r.AllowedMethods, "PATCH") {
		t.Errorf("the table rule is %v", r)
	}
	if r := azure.BlobRule(origin); !covers(r.ExposedHeaders, "content-md5") {
		t.Errorf("the blob rule is %v", r)
	}
	if r := azure.ServiceRule([]string{"Ocp-Apim-Subscription-Key"}, origin); !covers(r.AllowedHeaders, "ocp-apim-subscription-key") {
		t.Errorf("the service rule is %v", r)
	}
	// A key that is among the names that are there anyway is there once.
	if r := azure.ServiceRule([]string{"Last-Event-ID"}, origin); !slices.Contains(r.AllowedHeaders, "last-event-id") || len(slices.Compact(slices.Clone(r.AllowedHeaders))) != len(r.AllowedHeaders) {
		t.Errorf("the service rule for event streams is %v", r)
	}
}

// covers reports whether a list of names has name, itself or by a prefix.
func covers(list []string, name string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		prefix, ok := strings.CutSuffix(entry, "*")
		return entry == name || ok && strings.HasPrefix(name, prefix)
	})
}

// The lists of a rule are the caller's to change.
func TestRulesAreCopies(t *testing.T) {
	for name, r := range rules(origin) {
		before := rules(origin)[name].String()
		r.AllowedHeaders[0], r.ExposedHeaders[0], r.AllowedMethods[0], r.AllowedOrigins[0] = "x", "x", "x", "x"
		if after := rules(origin)[name].String(); after != before {
			t.Errorf("%s: a change of one rule changed the next one to %s", name, after)
		}
	}
}

func TestRuleString(t *testing.T) {
	r := azure.CORSRule{
		AllowedOrigins: []string{origin, "http://localhost:8080"}, AllowedMethods: []string{"GET", "PUT"},
		AllowedHeaders: []string{"authorization", "x-ms-*"}, ExposedHeaders: []string{"etag"}, MaxAge: 90*time.Second + 1,
	}
	const want = "allowed origins https://app.example, http://localhost:8080; allowed methods GET, PUT; " +
		"allowed headers authorization, x-ms-*; exposed headers etag; max age 90"
	if got := r.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestCheck(t *testing.T) {
	many := make([]string, 65)
	for i := range many {
		many[i] = "https://a" + strings.Repeat("a", i) + ".example"
	}
	for _, c := range []struct {
		name   string
		change func(*azure.CORSRule)
		fault  string // "" for none
	}{
		{"any origin", func(r *azure.CORSRule) { r.AllowedOrigins = []string{"*"} }, ""},
		{"any header", func(r *azure.CORSRule) { r.AllowedHeaders, r.ExposedHeaders = []string{"*"}, []string{"*"} }, ""},
		{"no headers", func(r *azure.CORSRule) { r.AllowedHeaders, r.ExposedHeaders = nil, nil }, ""},
		{"no origin", func(r *azure.CORSRule) { r.AllowedOrigins = nil }, "no allowed origins"},
		{"any origin and one", func(r *azure.CORSRule) { r.AllowedOrigins = []string{"*", origin} }, "* beside others"},
		{"a path", func(r *azure.CORSRule) { r.AllowedOrigins = []string{origin + "/"} }, "is not scheme://host"},
		{"no scheme", func(r *azure.CORSRule) { r.AllowedOrigins = []string{"app.example"} }, "is not scheme://host"},
		{"empty", func(r *azure.CORSRule) { r.AllowedOrigins = []string{""} }, "is not scheme://host"},
		{"two in one", func(r *azure.CORSRule) { r.AllowedOrigins = []string{origin + ",https://b.example"} }, "is not scheme://host"},
		{"a user", func(r *azure.CORSRule) { r.AllowedOrigins = []string{"https://u@app.example"} }, "is not scheme://host"},
		{"too many", func(r *azure.CORSRule) { r.AllowedOrigins = many }, "at most 64"},
		{"no method", func(r *azure.CORSRule) { r.AllowedMethods = nil }, "no allowed methods"},
		{"a method in lower case", func(r *azure.CORSRule) { r.AllowedMethods = []string{"get"} }, `"get"`},
		{"a header with a star inside", func(r *azure.CORSRule) { r.AllowedHeaders = []string{"x-*-y"} }, "allowed header"},
		{"an empty header", func(r *azure.CORSRule) { r.ExposedHeaders = []string{""} }, "exposed header"},
		{"headers in one", func(r *azure.CORSRule) { r.ExposedHeaders = []string{"a,b"} }, "exposed header"},
		{"three prefixes", func(r *azure.CORSRule) { r.AllowedHeaders = []string{"a-*", "b-*", "c-*"} }, "of which 3 end in *"},
		{"negative age", func(r *azure.CORSRule) { r.MaxAge = -time.Second }, "negative max age"},
	} {
		r := azure.BlobRule(origin)
		c.change(&r)
		err := r.Check()
		if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.fault)
		}
	}
	if err := (azure.CORSRule{MaxAge: -1}).Check(); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, want all three faults", err)
	}
}
