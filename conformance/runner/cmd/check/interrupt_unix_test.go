// SPDX-License-Identifier: MIT

//go:build unix

package main

import (
	"context"
	"strings"
	"testing"
)

// cancelOn cancels when a text is written to it.
type cancelOn struct {
	strings.Builder
	text   string
	cancel context.CancelFunc
}

func (c *cancelOn) Write(b []byte) (int, error) {
	n, err := c.Builder.Write(b)
	if strings.Contains(c.String(), c.text) {
		c.cancel()
	}
	return n, err
}

// An interrupt reaches what a program has started, not the program alone: the shell here
// waits for its child whatever happens, as the go command does.
func TestInterruptReachesTheGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &cancelOn{text: "started\n", cancel: cancel}
	ch := &checker{root: t.TempDir(), out: out}
	err := ch.exec(ctx, command{args: []string{"sh", "-c", `trap 'echo told' INT; sh -c 'echo started; exec sleep 1000'; echo "child: $?"`}})
	if err == nil || !strings.Contains(out.String(), "child: 130\n") {
		t.Errorf("error %v, output %q", err, out)
	}
}
