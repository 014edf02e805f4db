// SPDX-License-Identifier: MIT

package service

import "net/http"

// cors lets pages of every origin use the service, as the real one does: it has no
// cookies, so the key is all that counts.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		origin := r.Header.Get("Origin")
		if origin != "" {
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Expose-Headers", "apim-request-id, retry-after, x-ms-client-request-id")
		}
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Max-Age", "600")
		if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
			h.Set("Access-Control-Allow-Headers", names)
		}
		if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
			// A page of a public address asks before it talks to loopback.
			h.Set("Access-Control-Allow-Private-Network", "true")
		}
		h.Add("Vary", "Access-Control-Request-Headers")
		w.WriteHeader(http.StatusNoContent)
	})
}
