// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/docs/examples/page/server"
)

//go:embed static
var static embed.FS

// site returns the handler that serves the page with the programs.
func site(programs map[string][]byte, settings server.Settings) (http.Handler, error) {
	pages, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	return server.New(server.Site{Static: pages, Files: programs, Settings: settings})
}

// programs builds the programs and returns them, with the wasm_exec.js that runs them.
func programs(ctx context.Context, host *local.Host) (map[string][]byte, error) {
	var err error
	files := make(map[string][]byte)
	for _, program := range []struct{ what, pkg, name string }{
		{"the page's program", "./page/wasm", "page.wasm"},
		{"the portable program for the browser", "./portable", "portable.wasm"},
	} {
		out := filepath.Join(host.Dir, program.name)
		env := []string{"GOOS=js", "GOARCH=wasm", "GOFLAGS=-buildvcs=false"}
		if err := host.Build(ctx, program.what, host.Tree.Examples, out, program.pkg, env, "-trimpath", "-ldflags=-s -w"); err != nil {
			return nil, err
		}
		if files[program.name], err = os.ReadFile(out); err != nil {
			return nil, err
		}
	}
	// A js program runs only with the wasm_exec.js of the Go that built it.
	root, err := local.GoEnv(ctx, "GOROOT")
	if err != nil {
		return nil, err
	}
	if files["wasm_exec.js"], err = os.ReadFile(filepath.Join(root, "lib", "wasm", "wasm_exec.js")); err != nil {
		return nil, err
	}
	return files, nil
}
