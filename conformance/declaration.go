// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// EnvEngine is the environment variable in which a runner says what runs the guest, "wazero
// 1.9.0", where the guest cannot find that out by itself.
const EnvEngine = "ISOHTTP_ENGINE"

// Declaration says what a profile's platform is. It is compared with what is found before the
// first case: states that were kept of one engine say nothing about another, and an engine
// that has lost an ability must not turn cases into their negative twins unnoticed.
type Declaration struct {
	Engine string // its name, "chromium"
	Since  int    // the oldest major version; zero for any
	// What the platform itself can do, whatever is made of it.
	StreamUpload bool // a stream can be the body of a request
	Abort        bool // the server sees that an exchange is aborted
	AllHeaders   bool // a cross-origin response shows fields that are not exposed
}

// found is what the suite has found out about the platform.
type found struct {
	Declaration
	version string
}

// probeLimit bounds the wait for what a probe is to see.
const probeLimit = 8 * time.Second

// declare finds out what the platform is and says how it differs from the backend's declaration.
func (r *run) declare() error {
	name, version := engine()
	r.engine, r.version = strings.TrimSpace(name+" "+version), version
	want := r.backend.Declared
	if want == nil {
		return nil
	}
	if name != want.Engine {
		return fmt.Errorf("the engine is %q, and %s declares %q", r.engine, r.backend.Name, want.Engine)
	}
	if n, ok := major(version); want.Since > 0 && (!ok || n < want.Since) {
		return fmt.Errorf("the engine is %q, and %s declares version %d or newer", r.engine, r.backend.Name, want.Since)
	}
	ctx, cancel := context.WithTimeout(r.ctx, time.Duration(float64(4*probeLimit)*r.scale))
	defer cancel()
	got := found{Declaration: Declaration{Engine: name, Since: want.Since}, version: version}
	var err error
	unlabeled(func() { err = r.probe(ctx, &got) })
	if err != nil {
		return fmt.Errorf("probing the platform: %w", err)
	}
	return errors.Join(got.compare(*want), r.consistent(*want))
}

// major returns the first number of a version.
func major(version string) (int, bool) {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	return n, err == nil
}

// covers reports whether the entry is for a version of the engine.
func (d Deviation) covers(version string) bool {
	if d.Since == 0 && d.Until == 0 {
		return true
	}
	n, ok := major(version)
	return ok && d.Since <= n && (d.Until == 0 || n <= d.Until)
}

// versions says what covers accepts.
func (d Deviation) versions() string {
	switch {
	case d.Until == 0:
		return strconv.Itoa(d.Since) + " and newer"
	case d.Since == 0:
		return "up to " + strconv.Itoa(d.Until)
	}
	return strconv.Itoa(d.Since) + " to " + strconv.Itoa(d.Until)
}

// note is what the matrix says about it.
func (d Deviation) note() string {
	if d.WorkAround == "" {
		return d.Evidence
	}
	return d.Evidence + "; what helps: " + d.WorkAround
}

// compare says how what was found differs from what was declared.
func (f found) compare(want Declaration) error {
	var errs []error
	for _, p := range []struct {
		what      string
		got, want bool
	}{
		{"a stream can be the body of a request", f.StreamUpload, want.StreamUpload},
		{"the server sees that an exchange is aborted", f.Abort, want.Abort},
		{"a cross-origin response shows fields that are not exposed", f.AllHeaders, want.AllHeaders},
	} {
		if p.got != p.want {
			errs = append(errs, fmt.Errorf("%s: found %v, declared %v", p.what, p.got, p.want))
		}
	}
	return errors.Join(errs...)
}

// consistent says whether the transport declares capabilities that its platform does not have.
func (r *run) consistent(want Declaration) error {
	tr, err := r.make(&T{run: r, c: Case{ID: "the declaration"}, ctx: r.ctx}, Config{StreamBody: true})
	if err != nil {
		return err
	}
	defer tr.CloseIdleConnections()
	var errs []error
	for _, p := range []struct {
		capability driver.Capability
		platform   bool
	}{{driver.UploadStream, want.StreamUpload}, {driver.AbortWire, want.Abort}, {driver.HeaderAll, want.AllHeaders}} {
		if tr.Capabilities().Has(p.capability) != p.platform {
			errs = append(errs, fmt.Errorf("the transport's %s is %v, and the platform's is declared to be %v", p.capability, !p.platform, p.platform))
		}
	}
	return errors.Join(errs...)
}

// sees reports whether the origin logs an event of a kind under a token before long.
func (r *run) sees(ctx context.Context, token, kind string) bool {
	_, err := r.witness.Events(ctx, token, kind, 1, time.Duration(float64(probeLimit)*r.scale))
	return err == nil
}
