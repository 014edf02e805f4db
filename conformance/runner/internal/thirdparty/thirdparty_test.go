// SPDX-License-Identifier: MIT

package thirdparty

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
)

const goMod = `module mine.example/mine

go 1.26

require github.com/isohttp/isohttp v0.0.0

replace github.com/isohttp/isohttp => %s
`

// A backend of at most 30 lines, tested by five, in a module that knows nothing but the
// library. Nothing is fetched.
func TestForeignModule(t *testing.T) {
	root, err := filepath.Abs(filepath.FromSlash("../../../.."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := filepath.Join("testdata", "mine")
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	backend, err := os.ReadFile(filepath.Join(source, "mine.go"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(backend) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			n++
		}
	}
	if n > 30 {
		t.Errorf("the backend has %d lines of code, more than 30", n)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": fmt.Sprintf(goMod, filepath.ToSlash(root)), "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout=5m")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("go test: %v\n%s", err, out)
	}
	own := 0 // those over SDKs are an add-on
	for _, c := range conformance.Cases() {
		if group := c.Group(); group != "RT" && group != "AZ" {
			own++
		}
	}
	line := regexp.MustCompile(fmt.Sprintf(`^conformance mine \(go [^)]*\): .*, 0 fail, of %d$`, own))
	found := 0
	for text := range strings.Lines(string(out)) {
		if line.MatchString(strings.TrimSpace(text)) {
			found++
			t.Log(strings.TrimSpace(text))
		}
	}
	if found != 1 {
		t.Errorf("want one line of totals without a failure:\n%s", out)
	}
}
