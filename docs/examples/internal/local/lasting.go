// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Lasting is an Azurite that keeps what it has in a folder, and can be ended and started
// again.
type Lasting struct {
	Azurite // its endpoints change with every Start

	host *Host
	dir  string
	now  *server // nil while it is down
}

// lastWrite is how long an Azurite has to write its index. It writes for a moment, but the
// machine may be busy.
const lastWrite = time.Minute

// NewLasting returns one that is not started. The Host's Close removes its folder; Stop comes
// before.
func (h *Host) NewLasting(account string) *Lasting {
	return &Lasting{Azurite: *newAzurite(account), host: h, dir: filepath.Join(h.Dir, account)}
}

// Start starts the process.
func (l *Lasting) Start(ctx context.Context) error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return err
	}
	s, err := l.host.runAzurite(ctx, &l.Azurite, lastWrite, "--location", l.dir)
	l.now = s
	return err
}

// Stop ends the process. Azurite answers before it has written down where things are, and
// writes every five seconds and when it is asked to end; so it is asked. That it has
// written shows in how it ended.
func (l *Lasting) Stop() error {
	s := l.now
	if s == nil {
		return nil
	}
	l.now = nil
	s.stop()
	if exit := (*exec.ExitError)(nil); errors.As(s.err, &exit) {
		return fmt.Errorf("Azurite did not end well: %w", s.err)
	}
	return nil
}
