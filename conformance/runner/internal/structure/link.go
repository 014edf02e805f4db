// SPDX-License-Identifier: MIT

package structure

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/wasmfile"
)

// buildWasm builds the program in pkg for goos and returns the file and what is in it.
func buildWasm(pkg, goos, output string, stripped bool) (size int64, m *wasmfile.Module, err error) {
	args := []string{"build", "-trimpath", "-o", output}
	if stripped {
		args = append(args, "-ldflags=-s -w")
	}
	if _, err := goCommand(".", goos, append(args, pkg)...); err != nil {
		return 0, nil, err
	}
	file, err := os.ReadFile(output)
	if err != nil {
		return 0, nil, err
	}
	m, err = wasmfile.Parse(file)
	return int64(len(file)), m, err
}

// linkRule names functions that a small program must not have.
type linkRule struct {
	prefix string // of the function's name, as Go writes it
	reason string
}

func linkRules() []linkRule {
	return []linkRule{
		{"net/http.(*Client).do", "http.Client brings http.DefaultTransport, and that brings TLS and HTTP/2: 5 MB"},
		{"net/http.(*Transport).", "the transport of net/http has no use where the platform sends the requests"},
		{"crypto/tls.(*Conn).", "TLS is the platform's"},
		{"github.com/Azure/azure-sdk-for-go/sdk/azcore", "azcore is for those who import it"},
		{"github.com/hashicorp/go-retryablehttp", "go-retryablehttp is for those who import transport/retry"},
	}
}

// linkedName is a function's name as the linker writes it into the name section.
func linkedName(name string) string {
	return regexp.MustCompile(`[^\w.]`).ReplaceAllString(name, "_")
}

// checkLinked returns which functions of a program are against the rules, one for each
// rule. A program without names tells nothing, which is a fault too.
func checkLinked(rules []linkRule, functions []string) (faults []string) {
	if !slices.ContainsFunc(functions, func(f string) bool { return f == "main.main" }) {
		return []string{"the program has no names: it was built stripped"}
	}
	for _, rule := range rules {
		prefix := linkedName(rule.prefix)
		if i := slices.IndexFunc(functions, func(f string) bool { return strings.HasPrefix(f, prefix) }); i >= 0 {
			faults = append(faults, fmt.Sprintf("links %s: %s", functions[i], rule.reason))
		}
	}
	return faults
}

// importsOf returns the modules that m imports from whose names begin with prefix.
func importsOf(m *wasmfile.Module, prefix string) (names []string) {
	for _, i := range m.Imports {
		if strings.HasPrefix(i.Module, prefix) && !slices.Contains(names, i.Module) {
			names = append(names, i.Module)
		}
	}
	return names
}
