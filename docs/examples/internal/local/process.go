// SPDX-License-Identifier: MIT

package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// grace is how long a process has to end by itself once it was asked to.
const grace = 5 * time.Second

// Command returns a process that is asked to end when ctx ends, and killed when it does
// not. env comes after the variables of this process.
func Command(ctx context.Context, dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error {
		if cmd.Process.Signal(os.Interrupt) != nil { // there is none on Windows
			return cmd.Process.Kill()
		}
		return nil
	}
	cmd.WaitDelay = grace
	return cmd
}

// Output runs a process and returns its standard output. An error has the last line of
// what it said.
func Output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), Said(err, stderr.String())
	}
	return stdout.String(), nil
}

// Said adds the last line of a process's standard error to err.
func Said(err error, stderr string) error {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return fmt.Errorf("%w: %s", err, last)
	}
	return err
}

// server is a process that serves until it is stopped. Its owner is the Host, which
// stops it in Close.
type server struct {
	name   string
	cancel context.CancelFunc
	stdin  io.Closer // some servers stop when it ends
	ended  chan struct{}
	err    error // why, once ended is closed
}

// start starts a server and waits until a line of its standard output holds its address,
// which ready finds. Its standard error goes to log.
func start(ctx context.Context, log *Log, name string, cmd func(context.Context) *exec.Cmd, ready func(line string) string) (*server, string, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := cmd(ctx)
	stdin, err := c.StdinPipe()
	stdout, err2 := c.StdoutPipe()
	stderr, err3 := c.StderrPipe()
	if err := errors.Join(err, err2, err3); err != nil {
		cancel()
		return nil, "", err
	}
	if err := c.Start(); err != nil {
		cancel()
		return nil, "", err
	}
	s := &server{name: name, cancel: cancel, stdin: stdin, ended: make(chan struct{})}
	address := make(chan string, 1)
	outDone, errDone := make(chan struct{}), make(chan struct{})
	var last string // of what it said on standard error; read after errDone
	go func() {
		defer close(outDone)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if a := ready(lines.Text()); a != "" {
				select {
				case address <- a:
				default:
				}
			}
		}
	}()
	go func() {
		defer close(errDone)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			last = lines.Text()
			log.Printf("%s", last)
		}
	}()
	go func() {
		<-outDone
		<-errDone
		if s.err = c.Wait(); s.err == nil {
			s.err = errEnded
		}
		s.err = Said(s.err, last)
		close(s.ended)
	}()
	select {
	case a := <-address:
		return s, a, nil
	case <-s.ended:
		cancel()
		return nil, "", fmt.Errorf("%s: %w", name, s.err)
	}
}

var errEnded = errors.New("ended by itself")

// stop ends the process and waits for it.
func (s *server) stop() {
	s.stdin.Close()
	s.cancel()
	<-s.ended
}
