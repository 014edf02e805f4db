// SPDX-License-Identifier: MIT

// Package wasihost runs Go programs built for GOOS=wasip1 on wazero, with wasi:http
// from package wazerohost. It is pure Go: nothing has to be installed.
package wasihost

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"github.com/isohttp/isohttp/backends/wasi/wazerohost"
	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// loopback are the grants of a guest when none are given. The library grants nothing by
// itself; a runner of tests is the caller that grants, and tests talk to servers on this
// machine, and to a name of RFC 6761 that never resolves.
var loopback = []string{"*://127.0.0.1:*", "*://[::1]:*", "*://localhost:*", "*://nothing.invalid:*"}

// Version returns the version of wazero in this program.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/tetratelabs/wazero" {
				return strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	return ""
}

// Host has the settings of a run. Its zero value grants loopback.
type Host struct {
	grants  []string
	dirs    []string
	handles string // "fail", "print" or "ignore"; empty is "fail"
}

// AddFlags adds the flags of the settings.
func (h *Host) AddFlags(flags *flag.FlagSet) {
	flags.Func("grant", "let the guest reach `ORIGIN` (scheme://host:port, as wazerohost.ParseGrant takes it); may be repeated; "+
		"\"none\" grants nothing (default: loopback, any port, and nothing.invalid, which never resolves: tests are to see an "+
		"unknown host, not a denial)", func(s string) error {
		if s != "none" {
			if _, err := wazerohost.ParseGrant(s); err != nil {
				return err
			}
		}
		h.grants = append(h.grants, s)
		return nil
	})
	flags.Func("dir", "let the guest also write to the folder `DIR`; may be repeated", func(s string) error {
		abs, err := filepath.Abs(s)
		h.dirs = append(h.dirs, abs)
		return err
	})
	flags.Func("handles", "what to do about host handles that are open when the guest exits: `MODE` \"fail\" (the default: "+
		"fail if there are any and the guest's status is 0), \"print\" (print their number too) or \"ignore\"", func(s string) error {
		if s != "fail" && s != "print" && s != "ignore" {
			return errors.New("want fail, print or ignore")
		}
		h.handles = s
		return nil
	})
}

// Run runs guest and returns its exit status. A guest that ends with status 0 and has
// left handles of the host open is an error: its backend has lost track of them.
func (h *Host) Run(ctx context.Context, guest *launch.Guest) (int, error) {
	binary, err := os.ReadFile(guest.Path)
	if err != nil {
		return 0, err
	}
	cache, err := openCache()
	if err != nil {
		return 0, fmt.Errorf("opening the compilation cache: %w", err)
	}
	defer cache.Close(ctx)
	// Compiling 10 MB takes seconds on one core.
	ctx = experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0))
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	defer rt.Close(ctx)
	grants, err := h.grantList()
	if err != nil {
		return 0, err
	}
	host, err := wazerohost.Instantiate(ctx, rt, h.config(grants, guest.Origin))
	if err != nil {
		return 0, err
	}
	defer host.Close(ctx)
	guest.Offer("ca")
	guest.Offer("inject")
	left := 0
	if err := instantiatePreview1(ctx, rt, func() { left = host.Handles() }); err != nil {
		return 0, err
	}
	compiled, err := rt.CompileModule(ctx, binary)
	if err != nil {
		return 0, fmt.Errorf("compiling the program: %w", err)
	}
	config, err := h.moduleConfig(guest)
	if err != nil {
		return 0, err
	}
	// A Go program runs to its end in there.
	status := 0
	_, err = rt.InstantiateModule(ctx, compiled, config)
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) {
		status = int(exit.ExitCode())
	} else if err != nil {
		return 0, fmt.Errorf("running the program: %w", err)
	}
	if h.handles == "print" {
		fmt.Fprintf(os.Stderr, "wazeroexec: %d host handles left open\n", left)
	}
	if h.handles != "ignore" && status == 0 && left != 0 {
		return 0, fmt.Errorf("the guest ended well but left %d host handles open", left)
	}
	return status, nil
}

// config makes the settings of wasi:http. The host trusts the system's authorities and that
// of the test origin. A request for the origin's scenario "inject" does not get there: it fails
// with the error-code that it names.
func (h *Host) config(grants []wazerohost.Grant, origin *conformance.Origin) *wazerohost.Config {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // the machine has none
	}
	roots.AppendCertsFromPEM([]byte(origin.Addresses().CA))
	return &wazerohost.Config{Grants: grants, TLSClientConfig: &tls.Config{RootCAs: roots}, Fault: func(req *http.Request) *wazerohost.ErrorCode {
		if name, ok := conformance.Injected(req.URL); ok && req.URL.Host == strings.TrimPrefix(origin.URL(), "http://") {
			return &wazerohost.ErrorCode{Case: name}
		}
		return nil
	}}
}

// instantiatePreview1 adds wazero's WASI preview 1 to rt. It calls exiting at the guest's
// exit, before the guest's module is closed and what it holds in other host modules
// is released.
func instantiatePreview1(ctx context.Context, rt wazero.Runtime, exiting func()) error {
	b := rt.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	b.NewFunctionBuilder().WithFunc(func(ctx context.Context, mod api.Module, status uint32) {
		exiting()
		mod.CloseWithExitCode(ctx, status)
		panic(sys.NewExitError(status)) // ends the guest; what wazero's own proc_exit does
	}).Export("proc_exit")
	_, err := b.Instantiate(ctx)
	return err
}

func (h *Host) grantList() ([]wazerohost.Grant, error) {
	texts := h.grants
	if len(texts) == 0 {
		texts = loopback
	}
	return wazerohost.ParseGrants(slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == "none" })...)
}

// moduleConfig gives the guest the whole file system to read, and its current folder,
// the folder for temporary files and those of -dir to write: what a test expects,
// and no more. PWD tells Go where it is; preview 1 has no current folder.
func (h *Host) moduleConfig(guest *launch.Guest) (wazero.ModuleConfig, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	temp, err := filepath.Abs(os.TempDir())
	if err != nil {
		return nil, err
	}
	root := filepath.VolumeName(cwd) + string(filepath.Separator)
	dirs := wazero.NewFSConfig().WithReadOnlyDirMount(root, "/")
	for _, dir := range append([]string{temp, cwd}, h.dirs...) {
		dirs = dirs.WithDirMount(dir, guestPath(dir))
	}
	env := launch.SetDefault(guest.Env, "TMPDIR", guestPath(temp))
	env = launch.SetDefault(env, "PWD", guestPath(cwd))
	config := wazero.NewModuleConfig().WithName("guest").
		WithArgs(guest.Args...).
		WithStdin(os.Stdin).WithStdout(os.Stdout).WithStderr(os.Stderr).
		WithFSConfig(dirs).
		WithRandSource(rand.Reader).
		WithSysNanosleep().WithSysNanotime().WithSysWalltime()
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		config = config.WithEnv(name, value)
	}
	return config, nil
}

// guestPath is the path under which the guest sees a folder of the host.
func guestPath(path string) string {
	return filepath.ToSlash(strings.TrimPrefix(path, filepath.VolumeName(path)))
}
