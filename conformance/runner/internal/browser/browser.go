// SPDX-License-Identifier: MIT

// Package browser finds, starts and ends browsers, without a window and without any
// protocol to drive them: a page says itself what it has to say.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// Variable names the browser's executable, instead of the first one found in PATH.
const Variable = "ISOHTTP_BROWSER_PATH"

// Browser is one kind of browser.
type Browser struct {
	// Name is what users call it, "chromium".
	Name string
	// commands are the names and places of its executable, in order of preference.
	commands []string
	// args are the arguments that open url without a window, with all of the
	// browser's files below the empty folder profile.
	args func(profile, url string) []string
	// install says how to get it.
	install string
}

// All returns the browsers that can be run.
func All() []Browser {
	return []Browser{{
		Name: "chromium",
		commands: []string{
			"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
			"/Applications/Chromium.app/Contents/MacOS/Chromium",
		},
		args:    chromiumArgs,
		install: "install Chromium or Chrome (Debian: apt-get install chromium)",
	}}
}

// ByName returns the browser of a name.
func ByName(name string) (Browser, error) {
	all := All()
	i := slices.IndexFunc(all, func(b Browser) bool { return b.Name == name })
	if i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, b := range all {
		names[i] = b.Name
	}
	return Browser{}, fmt.Errorf("unknown browser %q; there is %s", name, strings.Join(names, ", "))
}

func chromiumArgs(profile, url string) []string {
	args := []string{
		"--headless",
		"--disable-gpu",
		"--disable-quic",
		"--no-first-run",
		"--no-default-browser-check",
		"--disable-background-networking", // no look-ups or updates of its own
		"--disable-component-update",
		"--disable-sync",
		"--disable-breakpad", // its crash reporter would leave the process group
		"--user-data-dir=" + profile,
		"--host-resolver-rules=MAP " + conformance.AliasHost + " 127.0.0.1",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium's sandbox refuses to start for root
	}
	return append(args, url)
}

// Find returns the path of the browser's executable. An error says how to get one.
func (b Browser) Find() (string, error) {
	commands := b.commands
	if path := os.Getenv(Variable); path != "" {
		commands = []string{path}
	}
	for _, command := range commands {
		if path, err := exec.LookPath(command); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s found: %s, or set %s", b.Name, b.install, Variable)
}

// Version returns the version that the browser prints of itself, such as "156.0.8078.79".
func (b Browser) Version(ctx context.Context) (string, error) {
	path, err := b.Find()
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", b.Name, err)
	}
	for _, word := range strings.Fields(string(out)) {
		if word[0] >= '0' && word[0] <= '9' {
			return word, nil
		}
	}
	return "", fmt.Errorf("%s printed no version", b.Name)
}
