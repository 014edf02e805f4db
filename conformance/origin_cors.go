// SPDX-License-Identifier: MIT

package conformance

import "net/http"

// exposed are the response fields that pages may see. A wildcard would do for most
// engines, but not for requests with credentials.
const exposed = "*, Date, Location, Retry-After, Content-Encoding, Content-Range, ETag, X-Test, X-Repeated, Operation-Location, X-Ms-Request-Id"

// withCORS answers preflights and lets every origin see every response, so that a page
// can use any scenario from any port. The parameter "cors" of the query is another policy:
// "none", "no-expose", "wrong-origin", "deny" (preflights) or "credentials".
func withCORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		policy := r.URL.Query().Get("cors")
		preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
		h := w.Header()
		h.Add("Vary", "Origin")
		switch {
		case policy == "none", policy == "deny" && preflight:
		case policy == "wrong-origin":
			h.Set("Access-Control-Allow-Origin", "http://elsewhere.test")
		default:
			h.Set("Access-Control-Allow-Origin", origin)
			if policy == "credentials" {
				h.Set("Access-Control-Allow-Credentials", "true")
			}
			if policy != "no-expose" {
				h.Set("Access-Control-Expose-Headers", exposed)
			}
		}
		if !preflight {
			next.ServeHTTP(w, r)
			return
		}
		if policy != "deny" {
			h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
			if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
				h.Set("Access-Control-Allow-Headers", names)
			}
			h.Set("Access-Control-Max-Age", "0") // so that tests can count them
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
