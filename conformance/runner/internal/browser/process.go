// SPDX-License-Identifier: MIT

package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// Process is a running browser. Stop releases it.
type Process struct {
	cmd     *exec.Cmd
	profile string        // owned: removed by Stop
	done    chan struct{} // closed when the browser's main process has ended
	log     tail
}

// Start opens url in a browser of its own: a fresh profile, a process group that holds
// nothing else, and no part of the user's home folder. It trusts the authority whose
// certificate is given in PEM, unless that is empty. The browser's messages go to log
// when it is not nil.
func (b Browser) Start(ctx context.Context, url, authority string, log io.Writer) (*Process, error) {
	path, err := b.Find()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp(tempBase(), "isohttp-")
	if err != nil {
		return nil, err
	}
	// Certificates, caches and crash reports in HOME would leak from one run to the next,
	// and a killed browser leaves its folder of temporary files behind.
	home, temp := filepath.Join(profile, "h"), filepath.Join(profile, "t")
	for _, dir := range []string{home, temp} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, errors.Join(err, os.RemoveAll(profile))
		}
	}
	if authority != "" {
		if err := trust(ctx, home, authority); err != nil {
			return nil, errors.Join(err, os.RemoveAll(profile))
		}
	}
	p := &Process{profile: profile, done: make(chan struct{})}
	p.cmd = exec.Command(path, b.args(filepath.Join(profile, "d"), url)...)
	p.cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "TMPDIR="+temp)
	p.cmd.Stderr = &p.log
	if log != nil {
		p.cmd.Stderr = io.MultiWriter(log, &p.log)
	}
	// Processes of the browser that outlive it hold its output open.
	p.cmd.WaitDelay = time.Second
	launch.OwnGroup(p.cmd)
	started := make(chan error)
	go func() {
		defer launch.EndWithParent(p.cmd)()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", b.Name, err), os.RemoveAll(profile))
	}
	return p, nil
}

// tempBase returns the folder for profiles. Chromium puts a socket some 66 bytes deeper,
// and a socket's path has at most 104 (macOS) or 108 bytes (Linux).
func tempBase() string {
	base := os.TempDir()
	if info, err := os.Stat("/tmp"); len(base) > 104-66 && err == nil && info.IsDir() {
		return "/tmp"
	}
	return base
}

// Done is closed when the browser has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Log returns the last messages of the browser.
func (p *Process) Log() string { return p.log.String() }

// Stop ends the browser with all of its processes and removes its profile.
func (p *Process) Stop() error {
	launch.KillGroup(p.cmd.Process)
	<-p.done
	// A process that is being ended may still be writing to the profile.
	var err error
	for range 50 {
		if err = os.RemoveAll(p.profile); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("removing the browser's profile: %w", err)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if extra := len(t.buf) - tailSize; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(b), nil
}

// String returns the end, less the complaints of a browser that finds no desktop session
// to talk to.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for line := range strings.Lines(string(t.buf)) {
		if !strings.Contains(line, "ERROR:dbus/") {
			b.WriteString(line)
		}
	}
	return strings.TrimSpace(b.String())
}
