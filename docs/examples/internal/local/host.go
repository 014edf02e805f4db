// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Host is what one run builds and starts.
type Host struct {
	Log  *Log
	Tree *Tree
	Dir  string // for all that is built; removed by Close

	modcache string
	servers  []*server // stopped by Close
}

// New returns a Host with nothing on it yet.
func New(ctx context.Context, log *Log) (*Host, error) {
	modcache, err := GoEnv(ctx, "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	tree, err := findTree(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "isohttp-examples-")
	if err != nil {
		return nil, err
	}
	return &Host{Log: log, Tree: tree, Dir: dir, modcache: modcache}, nil
}

// Close stops what was started and removes what was built.
func (h *Host) Close() error {
	for _, s := range slices.Backward(h.servers) {
		s.stop()
	}
	h.servers = nil
	return os.RemoveAll(h.Dir)
}

// Missing is something that this machine lacks. Its text says how to get it.
type Missing struct{ Err error }

func (m *Missing) Error() string { return m.Err.Error() }
func (m *Missing) Unwrap() error { return m.Err }

// GoEnv asks the go command for one of its settings.
func GoEnv(ctx context.Context, name string) (string, error) {
	out, err := Output(Command(ctx, "", nil, "go", "env", name))
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the go command is not in PATH")
	}
	return strings.TrimSpace(out), err
}
