// SPDX-License-Identifier: MIT

package conformance

import "net/http"

// exposed are the response fields that pages may see. A wildcard would do for most
// engines, but not for requests with credentials.
const exposed = "*, Date, Location, Retry-After, Content-Encoding, Content-Range, ETag, X-Test, X-Repeated, Operation-Location, X-Ms-Request-Id"

// withCORS answers preflights and lets every origin see every response, so that a page
// can use any scenario from any port.
func withCORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Add("Vary", "Origin")
			h.Set("Access-Control-Expose-Headers", exposed)
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
				if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
					h.Set("Access-Control-Allow-Headers", names)
				}
				h.Set("Access-Control-Max-Age", "0") // so that tests can count them
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
