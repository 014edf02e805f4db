// SPDX-License-Identifier: MIT

package services

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
)

// identity is an authority that knows one application, and a vault that believes it. The
// hosts that they have in the cloud are the first part of the path here, because the
// clients' addresses are rewritten on the way.
type identity struct {
	clientSecret string
	mux          http.ServeMux

	mu      sync.Mutex
	tokens  map[string]bool   // that were issued for the vault
	secrets map[string]string // by name
}

func newIdentity() *identity {
	i := &identity{clientSecret: rand.Text(), tokens: make(map[string]bool), secrets: make(map[string]string)}
	tenant := "/" + settings.AuthorityHost + "/" + settings.Tenant
	// Which instance answers for an authority that is not known by heart, the one in the
	// cloud says.
	i.mux.HandleFunc("GET /login.microsoftonline.com/common/discovery/instance", i.discoverInstance)
	i.mux.HandleFunc("GET /"+settings.AuthorityHost+"/{tenant}/v2.0/.well-known/openid-configuration", i.describe)
	i.mux.HandleFunc("POST "+tenant+"/oauth2/v2.0/token", i.issue)
	vault := "/" + settings.VaultHost + "/secrets"
	i.mux.HandleFunc("GET "+vault+"/{name}/{version...}", i.authorized(i.get))
	i.mux.HandleFunc("PUT "+vault+"/{name}", i.authorized(i.set))
	i.hostile()
	return i
}

// ServeHTTP gives pages what they need, and then does what the path says.
func (i *identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	// Without this a page cannot see the challenge, and the vault's client would fail.
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, X-Ms-Request-Id, Retry-After")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, PUT, POST")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	i.mux.ServeHTTP(w, r)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

type object = map[string]any

const authorities = "https://" + settings.AuthorityHost + "/"

func (i *identity) discoverInstance(w http.ResponseWriter, r *http.Request) {
	asked, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Query().Get("authorization_endpoint"), authorities), "/")
	answer(w, http.StatusOK, object{
		"tenant_discovery_endpoint": authorities + asked + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []object{{
			"preferred_network": settings.AuthorityHost,
			"preferred_cache":   settings.AuthorityHost,
			"aliases":           []string{settings.AuthorityHost},
		}},
	})
}

func (i *identity) describe(w http.ResponseWriter, r *http.Request) {
	authority := authorities + r.PathValue("tenant")
	answer(w, http.StatusOK, object{
		"issuer":                 authority + "/v2.0",
		"authorization_endpoint": authority + "/oauth2/v2.0/authorize",
		"token_endpoint":         authority + "/oauth2/v2.0/token",
	})
}

// challenge asks for a token of a tenant.
func challenge(w http.ResponseWriter, tenant string) {
	w.Header().Set("WWW-Authenticate", `Bearer authorization="`+authorities+tenant+`", resource="https://`+settings.VaultDomain+`"`)
	fail(w, http.StatusUnauthorized, "Unauthorized", "a token is needed")
}

// vaultScope is what the vault's challenge asks for.
const vaultScope = "https://" + settings.VaultDomain + "/.default"

func (i *identity) issue(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, text string) {
		answer(w, status, object{"error": code, "error_description": text, "error_codes": []int{}})
	}
	switch {
	case r.PostFormValue("grant_type") != "client_credentials":
		refuse(http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: this grant type is not supported")
	case r.PostFormValue("client_id") != settings.ClientID:
		refuse(http.StatusBadRequest, "unauthorized_client", "AADSTS700016: this application is not in the directory")
	case r.PostFormValue("client_secret") != i.clientSecret:
		refuse(http.StatusUnauthorized, "invalid_client", "AADSTS7000215: this client secret is not valid")
	case !strings.Contains(r.PostFormValue("scope"), vaultScope):
		refuse(http.StatusBadRequest, "invalid_scope", "AADSTS70011: this scope is not known")
	default:
		token := rand.Text()
		i.mu.Lock()
		i.tokens[token] = true
		i.mu.Unlock()
		answer(w, http.StatusOK, object{
			"token_type": "Bearer", "access_token": token, "expires_in": 3600, "ext_expires_in": 3600,
		})
	}
}

// authorized lets a request with a token through, and challenges others.
func (i *identity) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		i.mu.Lock()
		known := i.tokens[token]
		i.mu.Unlock()
		if !known {
			challenge(w, settings.Tenant)
			return
		}
		next(w, r)
	}
}

func fail(w http.ResponseWriter, status int, code, text string) {
	answer(w, status, object{"error": object{"code": code, "message": text}})
}

// version is the only version of each secret. A request without one is for the latest.
const version = "1"

func (i *identity) answerSecret(w http.ResponseWriter, name, value string) {
	answer(w, http.StatusOK, object{
		"id":    "https://" + settings.VaultHost + "/secrets/" + name + "/" + version,
		"value": value, "attributes": object{"enabled": true},
	})
}

func (i *identity) get(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	i.mu.Lock()
	value, ok := i.secrets[name]
	i.mu.Unlock()
	if v := r.PathValue("version"); !ok || v != "" && v != version {
		fail(w, http.StatusNotFound, "SecretNotFound", "there is no such secret")
		return
	}
	i.answerSecret(w, name, value)
}

func (i *identity) set(w http.ResponseWriter, r *http.Request) {
	var body struct{ Value string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Value == "" {
		fail(w, http.StatusBadRequest, "BadParameter", "there is no value")
		return
	}
	name := r.PathValue("name")
	i.mu.Lock()
	i.secrets[name] = body.Value
	i.mu.Unlock()
	i.answerSecret(w, name, body.Value)
}
