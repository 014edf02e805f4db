// SPDX-License-Identifier: MIT

package component

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Options are the choices of [Wrap] and [Build]. The zero value is usable.
type Options struct {
	// Tools are the component tools; nil means what FindTools finds.
	Tools *Tools
	// Encoder is EncoderJco or EncoderWasmTools; empty means jco if it is there.
	Encoder string
	// Adapter is the file of the preview 1 adapter; empty means jco's.
	Adapter string
	// AnyAdapter accepts an adapter that this package does not know.
	AnyAdapter bool
	// CacheDir is where components are kept; empty means the user's cache folder.
	CacheDir string
	// Force makes the component anew even if it is in the cache.
	Force bool
}

// Result is a component that was made or found in the cache.
type Result struct {
	// Path is the component's file. It belongs to the cache: read it, or copy it
	// with CopyTo.
	Path string
	// Form is how the program in it is started.
	Form Form
	// Size and CoreSize are the lengths of the component and of the core module.
	Size, CoreSize int64
	// Module is what the component imports and exports.
	Module *Module
	// Encoder is the tool that makes it, with its version.
	Encoder string
	// Cached reports whether it was in the cache already.
	Cached bool
	// BuildTime and WrapTime are how long the go command and the rest took.
	BuildTime, WrapTime time.Duration
}

// CopyTo writes the component to a file, which appears complete or not at all.
func (r *Result) CopyTo(path string) error {
	file, err := os.ReadFile(r.Path)
	if err != nil {
		return err
	}
	return writeFile(path, bytes.NewReader(file))
}

// Wrap makes a component of the core module in the file path, which the go command
// built with GOOS=wasip1: a program, a test binary, or with -buildmode=c-shared a
// program that exports wasi:cli/run. The module tells which form it is.
func Wrap(ctx context.Context, path string, opts *Options) (*Result, error) {
	if opts == nil {
		opts = new(Options)
	}
	started := time.Now()
	core, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	form, err := checkCore(core)
	if err != nil {
		return nil, err
	}
	result := &Result{Form: form, CoreSize: int64(len(core))}
	if form == FormExe {
		if core, err = setStackPointer(core); err != nil {
			return nil, err
		}
	}
	tools := opts.Tools
	if tools == nil {
		tools = FindTools(ctx, "")
	}
	encoder, version, err := tools.encoder(opts.Encoder)
	if err != nil {
		return nil, err
	}
	result.Encoder = encoder + " " + version
	adapterPath := opts.Adapter
	if adapterPath == "" {
		if adapterPath, err = tools.adapterPath(form); err != nil {
			return nil, err
		}
	}
	adapter, err := readAdapter(adapterPath, form, opts.AnyAdapter)
	if err != nil {
		return nil, err
	}

	dir := opts.CacheDir
	if dir == "" {
		if dir, err = cacheDir(); err != nil {
			return nil, err
		}
		dir = filepath.Join(dir, "components")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	key := cacheKey(core, []byte(wit), []byte(form.world()), adapter, []byte(result.Encoder))
	result.Path = filepath.Join(dir, key+".wasm")
	if result.Cached = !opts.Force && cached(result.Path); !result.Cached {
		if err := encode(ctx, tools, encoder, form, core, adapter, result.Path); err != nil {
			return nil, err
		}
		trim(dir)
	}
	file, err := os.ReadFile(result.Path)
	if err != nil {
		return nil, err
	}
	result.Size = int64(len(file))
	if result.Module, err = Inspect(file); err != nil {
		return nil, fmt.Errorf("the new component: %w", err)
	}
	result.WrapTime = time.Since(started)
	return result, nil
}

// encode lets the encoder make the component, in a folder of its own, and moves it to
// path when it is complete.
func encode(ctx context.Context, tools *Tools, encoder string, form Form, core, adapter []byte, path string) error {
	dir, err := os.MkdirTemp("", "gocomponent-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	j := job{
		Core:     filepath.Join(dir, "core.wasm"),
		WIT:      filepath.Join(dir, "isohttp.wit"),
		World:    form.world(),
		Adapter:  filepath.Join(dir, "adapter.wasm"),
		Out:      filepath.Join(dir, "component.wasm"),
		embedded: filepath.Join(dir, "embedded.wasm"),
	}
	for name, content := range map[string][]byte{j.Core: core, j.WIT: []byte(wit), j.Adapter: adapter} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return err
		}
	}
	if encoder == EncoderJco {
		err = tools.encodeJco(ctx, j)
	} else {
		err = tools.encodeWasmTools(ctx, j)
	}
	if err != nil {
		return err
	}
	file, err := os.ReadFile(j.Out)
	if err != nil {
		return faultf(ErrEncode, "%s made no component", encoder)
	}
	if m, err := Inspect(file); err != nil {
		return fmt.Errorf("what %s made: %w", encoder, err)
	} else if !m.Component {
		return faultf(ErrEncode, "what %s made is not a component", encoder)
	}
	return writeFile(path, bytes.NewReader(file))
}
