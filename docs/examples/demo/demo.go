// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// demo is one run.
type demo struct {
	config
	install bool // what can be installed into the user's cache folder
	log     *local.Log
	host    *local.Host       // what is built and started; ended by close
	built   map[target]string // the portable program's files

	language *local.Language
	account  *app.Account // of the blob store; nil when there is none
}

// run does everything and prints the table.
func (d *demo) run(ctx context.Context, stdout io.Writer) error {
	var err error
	d.built = make(map[target]string)
	if d.host, err = local.New(ctx, d.log); err != nil {
		return err
	}
	if d.language, err = d.host.StartLanguage(ctx); err != nil {
		return err
	}
	var rows []row
	var notRun []string
	lacks := func(what string, err error) bool {
		var m *local.Missing
		if errors.As(err, &m) {
			notRun = append(notRun, what+": "+m.Error())
			return true
		}
		return false
	}
	if d.account, err = d.startStorage(ctx); err != nil && !lacks("blob round trip", err) {
		return err
	}
	for _, p := range platforms() {
		if len(d.only) > 0 && !slices.Contains(d.only, p.name) {
			continue
		}
		m, err := d.prepare(ctx, p)
		if lacks(p.name, err) {
			continue
		}
		if err == nil {
			err = d.log.Step("running on "+p.name, nil, func() error {
				rows = append(rows, d.check(ctx, m)...)
				return ctx.Err()
			})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // one platform that does not build does not hide the others
			rows = append(rows, row{platform: p.name, text: d.texts[0], language: "failed", err: err})
		}
	}
	expect(rows)
	if failed := writeTable(stdout, rows, notRun); failed > 0 {
		return fmt.Errorf("%d of %d rows failed", failed, len(rows))
	}
	return nil
}

// close stops what was started and removes what was built.
func (d *demo) close() {
	if d.host == nil {
		return
	}
	if err := d.host.Close(); err != nil {
		d.log.Printf("demo: %v", err)
	}
}

// startStorage starts the blob store and lets pages use it: the demo's pages have an origin
// of their own on each run. An account in the cloud would name its pages' origins.
func (d *demo) startStorage(ctx context.Context) (*app.Account, error) {
	accounts, err := d.host.StartStorage(ctx, "demo")
	if err != nil {
		return nil, err
	}
	return accounts[0], local.AllowPages(ctx, accounts[0], "*")
}
