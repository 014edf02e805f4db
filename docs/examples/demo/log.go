// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// logger prints what is going on, a line at a time, from any goroutine.
type logger struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *logger) printf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format+"\n", v...)
}

// beat is how often a long step says that it is still at it.
const beat = 5 * time.Second

// step does something that may take long. It says what, every few seconds how far, where
// far is not nil, and at last how long it took.
func (l *logger) step(what string, far func() string, do func() error) error {
	l.printf("demo: %s", what)
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
				l.printf("demo: %s: %.0f s%s", what, time.Since(start).Seconds(), progress)
			}
		}
	}()
	err := do()
	close(done)
	<-beaten
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	l.printf("demo: %s: done in %.1f s", what, time.Since(start).Seconds())
	return nil
}
