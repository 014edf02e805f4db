// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// demo is one run.
type demo struct {
	config
	log      *logger
	tree     *tree
	modcache string
	tmp      string            // for everything that is built; removed by close
	built    map[string]string // the portable program by GOOS
	servers  []*server         // stopped by close

	language    string // address of the language service
	languageKey string
	account     *app.Account // of the blob store; nil when there is none
}

// run does everything and prints the table.
func (d *demo) run(ctx context.Context, stdout io.Writer) error {
	var err error
	d.built = make(map[string]string)
	if d.modcache, err = goEnv(ctx, "GOMODCACHE"); err != nil {
		return err
	}
	if d.tree, err = findTree(ctx); err != nil {
		return err
	}
	if d.tmp, err = os.MkdirTemp("", "isohttp-demo-"); err != nil {
		return err
	}
	if err := d.startLanguage(ctx); err != nil {
		return err
	}
	var rows []row
	var notRun []string
	lacks := func(what string, err error) bool {
		var m *missing
		if errors.As(err, &m) {
			notRun = append(notRun, what+": "+m.Error())
			return true
		}
		return false
	}
	if d.account, err = d.startAzurite(ctx); err != nil && !lacks("blob round trip", err) {
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
			err = d.log.step("running on "+p.name, nil, func() error {
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
	for _, s := range slices.Backward(d.servers) {
		s.stop()
	}
	if d.tmp == "" {
		return
	}
	if err := os.RemoveAll(d.tmp); err != nil {
		d.log.printf("demo: %v", err)
	}
}

// startLanguage builds and starts the language service, with a key of this run.
func (d *demo) startLanguage(ctx context.Context) error {
	binary := filepath.Join(d.tmp, exe("langserver"))
	if err := d.hostBuild(ctx, "the language service", filepath.Join(d.tree.examples, "langserver"), binary, "."); err != nil {
		return err
	}
	var secret [16]byte
	rand.Read(secret[:])
	d.languageKey = hex.EncodeToString(secret[:])
	return d.log.step("starting the language service", nil, func() error {
		s, address, err := start(ctx, d.log, "langserver", func(ctx context.Context) *exec.Cmd {
			return command(ctx, d.tmp, []string{"LANGSERVER_KEY=" + d.languageKey}, binary, "-stop-on-eof")
		}, func(line string) string {
			if strings.HasPrefix(line, "http://") {
				return line
			}
			return ""
		})
		if err != nil {
			return err
		}
		d.servers, d.language = append(d.servers, s), address
		return nil
	})
}
