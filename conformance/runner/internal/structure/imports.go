// SPDX-License-Identifier: MIT

package structure

import (
	"fmt"
	"slices"
	"strings"
)

// importRule says what packages of the root module may link beside the standard library,
// however far away it is imported.
type importRule struct {
	// packages is an import path without the module's; "/..." covers those below too.
	packages string
	// allow has the import paths that may be linked, in the same form. A path with a
	// dot in its first element is of another module.
	allow []string
	// backend also allows the backend of the GOOS, and mustLink demands it.
	backend, mustLink bool
	reason            string
}

func importRules() []importRule {
	return []importRule{
		{packages: "transport/driver",
			reason: "the seam is what third parties' backends import: the standard library only"},
		{packages: "backends/fetch/...", allow: []string{"transport/driver", "backends/fetch/..."},
			reason: "a backend knows the seam and its platform; a rule that two of them share belongs in transport"},
		{packages: "backends/nethttp/...", allow: []string{"transport/driver", "backends/nethttp/..."},
			reason: "a backend knows the seam and its platform; a rule that two of them share belongs in transport"},
		{packages: "backends/wasi/internal/guest", allow: []string{"transport", "transport/driver"}, backend: true,
			reason: "a program that the tests of wazerohost run: a user's, in small"},
		{packages: "backends/wasi/...", allow: []string{"transport/driver", "backends/wasi/..."},
			reason: "a backend knows the seam and its platform; a rule that two of them share belongs in transport"},
		{packages: "transport", allow: []string{"transport/driver"}, backend: true, mustLink: true,
			reason: "one backend for each GOOS, or every program carries the others; no azcore and no go-retryablehttp, " +
				"or every program carries those"},
		{packages: "transport/retry", allow: []string{"transport", "transport/driver",
			"github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp"}, backend: true,
			reason: "opt-in: nobody else links go-retryablehttp"},
		{packages: "transport/azure", allow: []string{"transport", "transport/driver",
			"github.com/Azure/azure-sdk-for-go/sdk/azcore/...", "github.com/Azure/azure-sdk-for-go/sdk/internal/..."}, backend: true,
			reason: "opt-in: nobody else links azcore"},
		{packages: "conformance", allow: []string{"transport", "transport/driver", "github.com/google/go-cmp/..."}, backend: true,
			reason: "the suite is for authors of backends, who are to link nothing but what it needs"},
		{packages: "conformance/sdkcases", allow: []string{"conformance", "transport/...", "github.com/google/go-cmp/...",
			"github.com/Azure/azure-sdk-for-go/sdk/azcore/...", "github.com/Azure/azure-sdk-for-go/sdk/internal/...",
			"github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp",
			"golang.org/x/net/...", "golang.org/x/text/..." /* of azcore's own transport */}, backend: true,
			reason: "the cases over SDKs are apart so that the suite stays light"},
	}
}

// backendOf names the backend that programs for a GOOS get.
func backendOf(goos string) string {
	switch goos {
	case "js":
		return "backends/fetch"
	case "wasip1":
		return "backends/wasi"
	}
	return "backends/nethttp"
}

// checkImports returns what packages, as listed for goos, link against the rules. standard
// reports whether an import path is of the standard library.
func checkImports(rules []importRule, packages []listed, standard func(string) bool, goos string) (faults []string) {
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, modulePath+"/")
		rule, ok := ruleOf(rules, name)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s has no rule: say in importRules what it may import, and why", name))
			continue
		}
		hasBackend := false
		for _, dep := range p.Deps {
			if standard(dep) {
				continue
			}
			dep = strings.TrimPrefix(dep, modulePath+"/")
			if rule.backend && matchPath(backendOf(goos)+"/...", dep) {
				hasBackend = true
				continue
			}
			if !slices.ContainsFunc(rule.allow, func(pattern string) bool { return matchPath(pattern, dep) }) {
				faults = append(faults, fmt.Sprintf("GOOS=%s: %s links %s: %s", goos, name, dep, rule.reason))
			}
		}
		if rule.mustLink && !hasBackend {
			faults = append(faults, fmt.Sprintf("GOOS=%s: %s does not link %s: %s", goos, name, backendOf(goos), rule.reason))
		}
	}
	return faults
}

func ruleOf(rules []importRule, name string) (importRule, bool) {
	i := slices.IndexFunc(rules, func(r importRule) bool { return matchPath(r.packages, name) })
	if i < 0 {
		return importRule{}, false
	}
	return rules[i], true
}

// matchPath reports whether path is what pattern says: the same, or also below it when
// pattern ends in "/...".
func matchPath(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
	return path == pattern
}

// ownerRule says which packages may import a package of the standard library themselves.
type ownerRule struct {
	imported string
	owners   []string // as importRule.packages
	reason   string
}

func ownerRules() []ownerRule {
	return []ownerRule{
		// The suite observes by a fetch of its own: its witness is not to go through what it judges.
		{"syscall/js", []string{"backends/fetch/internal/jsfetch", "conformance"},
			"every js.Value has its owner in the typed wrapper; a panic of syscall/js is caught there"},
	}
}

// checkOwners returns what packages import against the rules.
func checkOwners(rules []ownerRule, packages []listed) (faults []string) {
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, modulePath+"/")
		for _, rule := range rules {
			owns := slices.ContainsFunc(rule.owners, func(pattern string) bool { return matchPath(pattern, name) })
			if slices.Contains(p.Imports, rule.imported) && !owns {
				faults = append(faults, fmt.Sprintf("%s imports %s: %s", name, rule.imported, rule.reason))
			}
		}
	}
	return faults
}
