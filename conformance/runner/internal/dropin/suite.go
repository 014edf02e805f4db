// SPDX-License-Identifier: MIT

package dropin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	gopath "path"
	"path/filepath"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/dropin/seam"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// Whose transport is used.
const (
	standard = "standard"
	ours     = "ours"
)

// outcome is what one run of the suites gave, by import path of a package.
type outcome map[string]*packageOutcome

type packageOutcome struct {
	tests  map[string]string // "pass", "fail" or "skip" by name; "" is the package itself
	output map[string]string // of a test, by name
	all    int               // requests to net/http
	ours   int               // those from a transport of ours
}

func (o outcome) of(path string) *packageOutcome {
	p := o[path]
	if p == nil {
		p = &packageOutcome{tests: make(map[string]string), output: make(map[string]string)}
		o[path] = p
	}
	return p
}

// bench is a prepared folder.
type bench struct {
	work    string // the module
	overlay string // the file for net/http
	temp    string
}

// run runs the tests of packages with one of the transports. A pattern selects tests as go
// test -run does; the empty one selects all.
func (b bench) run(ctx context.Context, whose, pattern string, packages []string) (outcome, error) {
	counts, err := os.CreateTemp(b.temp, "counts-")
	if err != nil {
		return nil, err
	}
	defer counts.Close()
	args := []string{"test", "-mod=mod", "-overlay=" + b.overlay, "-vet=off", "-count=1", "-timeout=10m", "-json", "-run=" + pattern}
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Dir = b.work
	cmd.Env = append(os.Environ(), "GOWORK=off", seam.Variable+"="+whose, seam.CountsVariable+"="+counts.Name())
	launch.OwnGroup(cmd)
	cmd.Cancel = func() error { launch.KillGroup(cmd.Process); return nil }
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil && !errors.As(err, &exit) { // a test that fails is no error here
		return nil, err
	}
	o := make(outcome)
	if err := o.readEvents(&stdout); err != nil {
		return nil, fmt.Errorf("go test: %w\n%s", err, &stderr)
	}
	for _, path := range packages {
		if p := o[path]; p == nil || p.tests[""] == "" {
			return nil, fmt.Errorf("go test did not say what became of %s\n%s", path, &stderr)
		}
	}
	return o, o.readCounts(counts)
}

// event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
}

// readEvents reads the output of go test -json.
func (o outcome) readEvents(r io.Reader) error {
	d := json.NewDecoder(r)
	for {
		var e event
		if err := d.Decode(&e); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch e.Action {
		case "pass", "fail", "skip":
			o.of(e.Package).tests[e.Test] = e.Action
		case "output":
			o.of(e.Package).output[e.Test] += e.Output
		}
	}
}

// readCounts reads the file of counts. Its lines name the folders of packages, which end as
// their import paths do but for the name of the copy.
func (o outcome) readCounts(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		who, dir, _ := strings.Cut(lines.Text(), " ")
		p := o.inFolder(filepath.ToSlash(dir))
		if p == nil {
			return fmt.Errorf("a request was counted in %q, which is of no package under test", dir)
		}
		switch who {
		case "all":
			p.all++
		case ours:
			p.ours++
		default:
			return fmt.Errorf("a line of the file of counts is %q", lines.Text())
		}
	}
	return lines.Err()
}

func (o outcome) inFolder(dir string) *packageOutcome {
	for path, p := range o {
		for module := path; module != "."; module = gopath.Dir(module) {
			if strings.HasSuffix(dir, "/"+copyDir(module)+strings.TrimPrefix(path, module)) {
				return p
			}
		}
	}
	return nil
}
