// SPDX-License-Identifier: MIT

package browser

import (
	"encoding/json"
	"strings"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// secureMux is the origin by its listener with TLS.
type secureMux struct{ *conformance.Origin }

func (m secureMux) URL() string { return m.Addresses().TLS1 }

// secure returns the origin as a page of https has it, and tells the guest: that listener is the
// main one, which is a page's own.
func secure(guest *launch.Guest) (secureMux, error) {
	if err := CanTrust(); err != nil {
		return secureMux{}, err
	}
	addrs := guest.Origin.Addresses()
	addrs.Main = addrs.TLS1
	more, err := json.Marshal(addrs)
	if err != nil {
		return secureMux{}, err
	}
	for i, pair := range guest.Env {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case conformance.EnvOrigin:
			guest.Env[i] = name + "=" + addrs.Main
		case conformance.EnvOriginMore:
			guest.Env[i] = name + "=" + string(more)
		}
	}
	guest.Offer("alias-host")
	return secureMux{guest.Origin}, nil
}
