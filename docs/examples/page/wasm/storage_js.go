// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"syscall/js"

	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// store makes the client for a call, from {account, key, endpoint} or {sas}.
func (p *program) store(in js.Value) (*app.Store, error) {
	a := account(in)
	if a.SASURL == "" && a.Key == "" {
		return nil, &trouble.Trouble{Kind: trouble.Input, Text: "The key is missing."}
	}
	if text(in, "container") == "" {
		return nil, &trouble.Trouble{Kind: trouble.Input, Text: "The container has no name yet."}
	}
	options := p.options()
	return app.NewStore(a, &options)
}

// list takes {container} and returns an array of {name, size, modified}.
func (p *program) list(ctx context.Context, in js.Value) (any, error) {
	store, err := p.store(in)
	if err != nil {
		return nil, err
	}
	blobs, err := store.List(ctx, text(in, "container"))
	if err != nil {
		return nil, err
	}
	list := make([]any, len(blobs))
	for i, b := range blobs {
		list[i] = map[string]any{"name": b.Name, "size": float64(b.Size), "modified": float64(b.Modified.UnixMilli())}
	}
	return list, nil
}

// create takes {container} and creates it.
func (p *program) create(ctx context.Context, in js.Value) (any, error) {
	store, err := p.store(in)
	if err != nil {
		return nil, err
	}
	return nil, store.CreateContainer(ctx, text(in, "container"))
}

// remove takes {container, name} and deletes the blob.
func (p *program) remove(ctx context.Context, in js.Value) (any, error) {
	store, err := p.store(in)
	if err != nil {
		return nil, err
	}
	return nil, store.Delete(ctx, text(in, "container"), text(in, "name"))
}
