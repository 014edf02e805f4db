// SPDX-License-Identifier: MIT

package local

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Log prints what is going on, a line at a time, from any goroutine.
type Log struct {
	name string // begins each line of its own
	mu   sync.Mutex
	w    io.Writer
}

// NewLog returns a Log of the program of that name.
func NewLog(name string, w io.Writer) *Log { return &Log{name: name, w: w} }

// Printf prints a line.
func (l *Log) Printf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format+"\n", v...)
}

// beat is how often a long step says that it is still at it.
const beat = 5 * time.Second

// Step does something that may take long. It says what, every few seconds how far, where
// far is not nil, and at last how long it took.
func (l *Log) Step(what string, far func() string, do func() error) error {
	l.Printf("%s: %s", l.name, what)
	start := time.Now()
	done, beaten := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(beaten)
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				progress := ""
				if far != nil {
					progress = far()
				}
				l.Printf("%s: %s: %.0f s%s", l.name, what, time.Since(start).Seconds(), progress)
			}
		}
	}()
	err := do()
	close(done)
	<-beaten
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	l.Printf("%s: %s: done in %.1f s", l.name, what, time.Since(start).Seconds())
	return nil
}
