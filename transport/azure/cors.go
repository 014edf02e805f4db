// SPDX-License-Identifier: MIT

package azure

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CORSRule is what a service has to allow pages of some origins. Its fields are those of a
// storage account's rule, and of most others.
type CORSRule struct {
	// AllowedOrigins are origins as a browser writes them ("https://app.example"), or
	// "*" alone.
	AllowedOrigins []string
	// AllowedMethods are HTTP methods.
	AllowedMethods []string
	// AllowedHeaders are names of request headers. One that ends in "*" stands for all
	// names that begin so.
	AllowedHeaders []string
	// ExposedHeaders are names of response headers that a page gets to see, in the
	// same form.
	ExposedHeaders []string
	// MaxAge is how long a browser may remember the answer to a preflight. Whole
	// seconds count.
	MaxAge time.Duration
}

// maxAge is as long as browsers remember at most, give or take: Chromium two hours,
// Firefox a day, Safari ten minutes.
const maxAge = time.Hour

// What azcore itself needs, under any service.
var (
	// Conditions and ranges, credentials, and the SDK's own names (x-ms-version,
	// x-ms-client-request-id, x-ms-date, x-ms-useragent ...).
	pipelineHeaders = []string{"authorization", "content-type", "if-match", "if-none-match", "if-modified-since",
		"if-unmodified-since", "range", "x-ms-*"}
	// Without these azcore works, but not as elsewhere: its retries do not wait as
	// asked, pollers find no operation, challenges are not answered, errors have no code.
	pipelineExposed = []string{"azure-asyncoperation", "content-length", "content-range", "date", "etag", "last-modified",
		"location", "operation-location", "retry-after", "retry-after-ms", "www-authenticate", "x-ms-*"}
)

// BlobRule returns the rule that azblob needs in pages of these origins.
func BlobRule(origins ...string) CORSRule {
	return rule(origins, []string{"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"},
		slices.Concat(pipelineHeaders, []string{"content-encoding", "content-md5"}),
		slices.Concat(pipelineExposed, []string{"accept-ranges", "content-disposition", "content-encoding", "content-md5"}))
}

// QueueRule returns the rule that azqueue needs in pages of these origins.
func QueueRule(origins ...string) CORSRule {
	return rule(origins, []string{"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}, pipelineHeaders, pipelineExposed)
}

// TableRule returns the rule that aztables needs in pages of these origins.
func TableRule(origins ...string) CORSRule {
	return rule(origins, []string{"GET", "HEAD", "PUT", "POST", "PATCH", "MERGE", "DELETE", "OPTIONS"},
		slices.Concat(pipelineHeaders, []string{"dataserviceversion", "maxdataserviceversion", "prefer"}),
		slices.Concat(pipelineExposed, []string{"dataserviceversion", "preference-applied"}))
}

// ServiceRule returns the rule that any client over azcore needs, for services that have
// CORS rules of another kind than a storage account's (API Management, one's own). keys
// are the headers in which the service takes its key, "Ocp-Apim-Subscription-Key" say.
//
// It also has Last-Event-ID, with which a client of azcore's event streams goes on where a
// connection broke (https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id).
func ServiceRule(keys []string, origins ...string) CORSRule {
	headers := append(slices.Clone(pipelineHeaders), "last-event-id")
	for _, key := range keys {
		headers = append(headers, strings.ToLower(key))
	}
	return rule(origins, []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"}, headers, pipelineExposed)
}

// rule gives each rule lists of its own.
func rule(origins, methods, allowed, exposed []string) CORSRule {
	allowed, exposed = slices.Clone(allowed), slices.Clone(exposed)
	slices.Sort(allowed)
	slices.Sort(exposed)
	return CORSRule{slices.Clone(origins), methods, slices.Compact(allowed), slices.Compact(exposed), maxAge}
}

// String returns the rule as a sentence in the words of Azure's portal.
func (r CORSRule) String() string {
	list := func(all []string) string { return strings.Join(all, ", ") }
	return "allowed origins " + list(r.AllowedOrigins) + "; allowed methods " + list(r.AllowedMethods) +
		"; allowed headers " + list(r.AllowedHeaders) + "; exposed headers " + list(r.ExposedHeaders) +
		"; max age " + strconv.FormatInt(int64(r.MaxAge/time.Second), 10)
}

// Limits of a storage account's rule.
const (
	maxEntries = 64  // of origins, and of header names without "*"
	maxPrefix  = 2   // header names that end in "*"
	maxEntry   = 256 // characters
)

// Check returns nil if a storage account takes the rule, and else one error that has
// everything that is wrong with it.
func (r CORSRule) Check() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("cors rule: "+format, args...)) }
	switch {
	case len(r.AllowedOrigins) == 0:
		fault("no allowed origins")
	case len(r.AllowedOrigins) > maxEntries:
		fault("%d allowed origins, at most %d", len(r.AllowedOrigins), maxEntries)
	case len(r.AllowedOrigins) > 1 && slices.Contains(r.AllowedOrigins, "*"):
		fault("allowed origin * beside others")
	}
	for _, o := range r.AllowedOrigins {
		if o != "*" && !isOrigin(o) {
			fault("allowed origin %q is not scheme://host or scheme://host:port", o)
		}
	}
	if len(r.AllowedMethods) == 0 {
		fault("no allowed methods")
	}
	for _, m := range r.AllowedMethods {
		if !slices.Contains([]string{"DELETE", "GET", "HEAD", "MERGE", "PATCH", "POST", "OPTIONS", "PUT"}, m) {
			fault("allowed method %q is not one of a storage account's", m)
		}
	}
	for _, err := range []error{checkNames("allowed", r.AllowedHeaders), checkNames("exposed", r.ExposedHeaders)} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if r.MaxAge < 0 {
		fault("negative max age")
	}
	return errors.Join(errs...)
}

func checkNames(kind string, names []string) error {
	var errs []error
	prefixes := 0
	for _, name := range names {
		if name != "*" && strings.HasSuffix(name, "*") {
			prefixes++
		}
		if bare := strings.TrimSuffix(name, "*"); name == "" || len(name) > maxEntry || strings.ContainsAny(bare, "* ,;\"\r\n\t") {
			errs = append(errs, fmt.Errorf("cors rule: %s header %q is not a name", kind, name))
		}
	}
	if len(names)-prefixes > maxEntries || prefixes > maxPrefix {
		errs = append(errs, fmt.Errorf("cors rule: %d %s headers of which %d end in *, at most %d and %d",
			len(names), kind, prefixes, maxEntries+maxPrefix, maxPrefix))
	}
	return errors.Join(errs...)
}

// isOrigin reports whether s is an origin as a browser writes it: no path, not even "/",
// which would match nothing.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxEntry && u.Scheme != "" && u.Host != "" && s == u.Scheme+"://"+u.Host && u.User == nil &&
		!strings.ContainsAny(s, " ,")
}
