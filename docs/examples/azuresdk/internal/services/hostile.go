// SPDX-License-Identifier: MIT

package services

import (
	"io"
	"net/http"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
)

// hostile adds to the authority and the vault what goes wrong between a client and the
// cloud: other vaults and tenants, by name.
func (i *identity) hostile() {
	// A portal or a proxy answers with a page of its own.
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.PathValue("name") == settings.ForbiddenSecret {
			w.WriteHeader(http.StatusForbidden)
		}
		io.WriteString(w, "<!DOCTYPE html><title>Sign in to this network</title>")
	}
	i.mux.HandleFunc("/"+settings.HTMLVault+"/secrets/{name}/", i.authorized(page))
	// A vault that believes no token.
	i.mux.HandleFunc("/"+settings.DeafVault+"/", challenger(settings.Tenant))
	// A tenant whose token endpoint takes the request and says nothing.
	i.mux.HandleFunc("/"+settings.SilentVault+"/", challenger(settings.SilentTenant))
	i.mux.HandleFunc("POST /"+settings.AuthorityHost+"/"+settings.SilentTenant+"/oauth2/v2.0/token", func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	// One whose token endpoint is behind the portal.
	i.mux.HandleFunc("/"+settings.PortalVault+"/", challenger(settings.PortalTenant))
	i.mux.HandleFunc("POST /"+settings.AuthorityHost+"/"+settings.PortalTenant+"/oauth2/v2.0/token", page)
}

// challenger answers everything with a challenge.
func challenger(tenant string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { challenge(w, tenant) }
}
