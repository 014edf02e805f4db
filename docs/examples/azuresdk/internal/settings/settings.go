// SPDX-License-Identifier: MIT

// Package settings is how the tests of package azuresdk learn where their services are. It
// is a package of its own so that a guest links nothing of the services.
package settings

import (
	"fmt"
	"os"
	"strings"
)

// Settings says where the services are.
type Settings struct {
	Account, Key       string // of the storage account
	Blob, Queue, Table string // its endpoints
	CutBlob            string // the blob endpoint behind the proxy that cuts downloads
	Identity           string // base address of the authority and the vault
	ClientSecret       string // the right one
	Jobs, JobsKey      string // the service of long-running jobs, and its key
}

// prefix begins the names of all variables. The programs that run guests pass on what
// begins with ISOHTTP_.
const prefix = "ISOHTTP_AZURESDK_"

// fields returns the variable names, without prefix, and what they are for.
func (s *Settings) fields() []struct {
	name  string
	value *string
} {
	return []struct {
		name  string
		value *string
	}{
		{"ACCOUNT", &s.Account}, {"KEY", &s.Key},
		{"BLOB", &s.Blob}, {"QUEUE", &s.Queue}, {"TABLE", &s.Table}, {"CUT_BLOB", &s.CutBlob},
		{"IDENTITY", &s.Identity}, {"CLIENT_SECRET", &s.ClientSecret},
		{"JOBS", &s.Jobs}, {"JOBS_KEY", &s.JobsKey},
	}
}

// Environ returns s as variables, "NAME=value".
func (s Settings) Environ() []string {
	var env []string
	for _, f := range s.fields() {
		env = append(env, prefix+f.name+"="+*f.value)
	}
	return env
}

// FromEnviron returns the settings of this process. The error names the variables that are
// not set.
func FromEnviron() (Settings, error) {
	var s Settings
	var missing []string
	for _, f := range s.fields() {
		if *f.value = os.Getenv(prefix + f.name); *f.value == "" {
			missing = append(missing, prefix+f.name)
		}
	}
	if len(missing) > 0 {
		return s, fmt.Errorf("not set: %s", strings.Join(missing, ", "))
	}
	return s, nil
}

// What the authority and the vault would be in the cloud.
const (
	AuthorityHost   = "login.authority.test"
	Tenant          = "11111111-2222-3333-4444-555555555555"
	ClientID        = "66666666-7777-8888-9999-aaaaaaaaaaaa"
	VaultDomain     = "vault.test"
	VaultHost       = "demo." + VaultDomain
	HTMLVault       = "html." + VaultDomain                  // answers with a page
	ForbiddenSecret = "forbidden"                            // of that vault, whose page comes with status 403 then
	DeafVault       = "deaf." + VaultDomain                  // believes no token
	SilentVault     = "silent." + VaultDomain                // of the tenant below
	SilentTenant    = "11111111-2222-3333-4444-666666666666" // its token endpoint says nothing
	PortalVault     = "portal." + VaultDomain                // of the tenant below
	PortalTenant    = "11111111-2222-3333-4444-777777777777" // its token endpoint answers with a page
)

// KeyHeader is where the service of jobs wants its key.
const KeyHeader = "Ocp-Apim-Subscription-Key"
