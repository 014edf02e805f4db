// SPDX-License-Identifier: MIT

package app

import "testing"

// TestPlainHTTP protects the key: http is for this machine alone.
func TestPlainHTTP(t *testing.T) {
	for endpoint, allowed := range map[string]bool{
		"http://localhost":               true,
		"http://app.localhost:8080/":     true,
		"http://127.0.0.1:1":             true,
		"http://127.9.9.9":               true,
		"http://[::1]:80":                true,
		"http://[::ffff:127.0.0.1]":      true,
		"http://10.0.0.1":                false,
		"http://0.0.0.0":                 false,
		"http://[::]":                    false,
		"http://localhost.example":       false,
		"http://127.0.0.1.example":       false,
		"http://language.example":        false,
		" https://language.example:444 ": true,
	} {
		if _, _, err := parseEndpoint(endpoint); (err == nil) != allowed {
			t.Errorf("parseEndpoint(%q): %v", endpoint, err)
		}
	}
}

func TestHostPort(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://a.example/path": "a.example:443",
		"http://localhost":       "localhost:80",
		"https://[::1]":          "[::1]:443",
		"http://127.0.0.1:8080":  "127.0.0.1:8080",
	} {
		u, _, err := parseEndpoint(endpoint)
		if err != nil || hostPort(u) != want {
			t.Errorf("hostPort of %q: %q, %v; want %q", endpoint, hostPort(u), err, want)
		}
	}
}
