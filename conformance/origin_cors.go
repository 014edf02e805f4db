// SPDX-License-Identifier: MIT

package conformance

import "net/http"

// exposed are the response fields that pages may see. A wildcard would do for most
// engines, but not for requests with credentials.
const exposed = "*, Date, Location, Retry-After, Content-Encoding, Content-Range, ETag, X-Test, X-Repeated, Operation-Location, X-Ms-Request-Id"

// corsPolicies are the values of the parameter "cors".
const corsPolicies = "none|no-expose|wrong-origin|deny|credentials"

// withCORS answers preflights and lets every origin see every response, so that a page
// can use any scenario from any port. The parameter "cors" of the query is another policy:
// "none", "no-expose", "wrong-origin", "deny" (preflights) or "credentials". Others are refused, even
// if the rest of the query may be anything.
func withCORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, policy := r.Header.Get("Origin"), r.URL.Query().Get("cors")
		if err := checkValue("cors", corsPolicies, policy); policy != "" && err != nil {
			w.Header().Set("Access-Control-Allow-Origin", "*") // so that a page can read why
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
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
