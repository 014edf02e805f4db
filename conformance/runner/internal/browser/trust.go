// SPDX-License-Identifier: MIT

package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// certutil is the program that writes the database in which Chromium looks for
// authorities on Linux.
const certutil = "certutil"

// CanTrust returns nil if browsers can be given an authority of the caller's. An error says
// how to get what is missing.
func CanTrust() error {
	if _, err := exec.LookPath(certutil); err != nil {
		return fmt.Errorf("no certutil found, so the browser cannot be given the authority of the test origin: " +
			"install NSS's tools (Debian: apt-get install libnss3-tools)")
	}
	return nil
}

// trust makes the browser whose home folder is home trust an authority, given in PEM. The
// authority is trusted for the names in its certificates and their dates, as any other:
// nothing is switched off.
func trust(ctx context.Context, home, authority string) error {
	dir := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"-N", "--empty-password"},
		{"-A", "-n", "isohttp test authority", "-t", "C,,", "-a"},
	} {
		cmd := exec.CommandContext(ctx, certutil, append(args, "-d", "sql:"+dir)...)
		cmd.Stdin = strings.NewReader(authority)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("certutil %s: %w\n%s", args[0], err, out)
		}
	}
	return nil
}
