// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// leakLabel marks the goroutines of a case. A goroutine inherits the labels of the one that
// starts it, so that those of an origin and of a witness in the same process do not count.
const leakLabel = "isohttp-case"

// labeled runs f with the goroutines that it starts marked.
func labeled(token string, f func()) {
	pprof.Do(context.Background(), pprof.Labels(leakLabel, token), func(context.Context) { f() })
}

// unlabeled runs f in a goroutine without marks and waits for it.
func unlabeled(f func()) {
	done := make(chan struct{})
	go func() {
		pprof.SetGoroutineLabels(context.Background())
		defer close(done)
		f()
	}()
	<-done
}

// leaked returns the stacks of the goroutines that a case has started and that still run.
func leaked(token string) (int, string) {
	var b bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&b, 1)
	count, stacks := 0, ""
	for part := range strings.SplitSeq(b.String(), "\n\n") {
		if !strings.Contains(part, `"`+leakLabel+`":"`+token+`"`) {
			continue
		}
		first, _, _ := strings.Cut(part, " ")
		n, err := strconv.Atoi(strings.TrimSpace(first))
		if err != nil {
			n = 1
		}
		count += n
		stacks += part + "\n\n"
	}
	return count, stacks
}

// awaitNoLeak waits until no goroutine of the case is left. There is no event for the end of
// a goroutine, so it looks at growing intervals.
//
// It calls idle before it looks. HTTP/2 gives a connection back a moment after the end of its
// last response has been read, and one that is not back yet is not closed.
func awaitNoLeak(token string, idle func(), limit time.Duration) (int, string) {
	deadline := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		idle()
		n, stacks := leaked(token)
		if n == 0 || time.Now().After(deadline) {
			return n, stacks
		}
		time.Sleep(pause)
	}
}
