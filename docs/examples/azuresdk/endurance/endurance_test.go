// SPDX-License-Identifier: MIT

package endurance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance/leak"
)

const workers = 6

// slack is how much larger the heap may be at the end: what the clients and the run-time
// system keep varies.
const slack = 256 << 10

// plan says how much is done.
func plan() (operations, kills int) {
	switch {
	case os.Getenv("ISOHTTP_SOAK") == "":
		return 300, 1
	case runtime.GOOS == "js" || runtime.GOOS == "wasip1":
		return 2000, 3
	}
	return 10_000, 6
}

// tally counts what became of the operations.
type tally struct {
	mu                                     sync.Mutex
	done, acknowledged, ended, failed, all int
	lost                                   []error
	last                                   error // of those that failed
}

// take counts an operation, and whether its time had ended.
func (y *tally) take(ended bool, err error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.done++
	var l lost
	switch {
	case err == nil:
		y.acknowledged++
	case errors.As(err, &l):
		y.lost = append(y.lost, err)
	case ended:
		y.ended++
	default:
		y.failed++
		y.last = err
	}
}

func (y *tally) count() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.done
}

// TestEndurance is what the package is about.
func TestEndurance(t *testing.T) {
	seed := rand.Uint64()
	if s := os.Getenv("ISOHTTP_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	operations, kills := plan()
	c := newClients(t)
	before := func() leak.Counts { // with all that is made once
		warm := work(t, c, seed+1, "before", 60, 0)
		if len(warm.lost) > 0 {
			t.Fatalf("lost: %v", warm.lost)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return leak.Settle(ctx, c.tr.CloseIdleConnections)
	}()
	start := time.Now()
	y := work(t, c, seed, "main", operations, kills)
	took := time.Since(start)
	killed, err := c.kills(t.Context())
	if err != nil {
		t.Error(err)
	}
	if killed < kills {
		t.Errorf("the account was killed %d times, want %d", killed, kills)
	}
	for i, err := range y.lost {
		if i < 10 {
			t.Errorf("lost: %v", err)
		}
	}
	// If little succeeds, little is proven.
	if y.acknowledged < y.done/2 || y.done < operations {
		t.Errorf("%d operations of %d, %d acknowledged; the last failure: %v", y.done, operations, y.acknowledged, y.last)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	after := leak.Await(ctx, c.tr.CloseIdleConnections, func(c leak.Counts) bool { return c.Over(before, slack) == "" })
	if over := after.Over(before, slack); over != "" {
		t.Errorf("after %d operations: %s", operations, over)
		if after.Goroutines > before.Goroutines {
			stacks := make([]byte, 1<<20)
			t.Logf("%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
	t.Logf("soak: %d operations, %d kills | %.0f s | acknowledged %d, cancelled or out of time %d, failed %d, compared at the end %d, lost %d | "+
		"goroutines %d to %d | references %d to %d | handles %d to %d | heap %d to %d kB | memory %d to %d kB",
		y.done, killed, took.Seconds(), y.acknowledged, y.ended, y.failed, y.all, len(y.lost),
		before.Goroutines, after.Goroutines, before.References, after.References, before.Handles, after.Handles,
		before.Heap>>10, after.Heap>>10, before.Memory>>10, after.Memory>>10)
}

// work lets workers do operations, kills the account meanwhile, and compares everything at
// the end.
func work(t *testing.T, c *clients, seed uint64, name string, operations, kills int) *tally {
	t.Helper()
	y := new(tally)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	killings := make(chan struct{}, kills)
	var wg, killer sync.WaitGroup
	killer.Go(func() {
		for range killings {
			if err := c.kill(ctx); err != nil {
				t.Errorf("killing: %v", err)
			}
			if _, err := c.kills(ctx); err != nil { // serves again, for the next one
				t.Error(err)
			}
		}
	})
	var once sync.Mutex
	killed := 0
	for w := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(w)))
			k, err := newWorker(ctx, c, fmt.Sprintf("%s%d", name, w))
			if err != nil {
				t.Errorf("worker %d: %v", w, err)
				return
			}
			for range (operations + w) / workers { // the last ones do what does not divide
				ended, err := k.operate(ctx, random)
				y.take(ended, err)
				once.Lock()
				// Evenly over the run, the last one well before its end.
				if killed < kills && y.count() > (killed+1)*operations/(kills+1) {
					killed++
					killings <- struct{}{}
				}
				once.Unlock()
			}
			if _, err := c.kills(ctx); err != nil { // waits for the account
				t.Error(err)
			}
			n, err := k.verify(ctx, random)
			y.mu.Lock()
			y.all += n
			y.mu.Unlock()
			if err != nil {
				t.Errorf("worker %d, at the end: %v", w, err)
			}
		})
	}
	wg.Wait()
	close(killings)
	killer.Wait()
	return y
}

// worker works on a container, a table and a queue that are its own.
type worker struct {
	blobs, entities *ledger
	messages        *messages
}

func newWorker(ctx context.Context, c *clients, name string) (*worker, error) {
	if _, err := c.blobs.CreateContainer(ctx, name, nil); err != nil {
		return nil, err
	}
	if _, err := c.tables.CreateTable(ctx, name, nil); err != nil {
		return nil, err
	}
	queue := c.queues.NewQueueClient(name)
	if _, err := queue.Create(ctx, nil); err != nil {
		return nil, err
	}
	return &worker{newLedger(blobStore{c.blobs, name}), newLedger(tableStore{c.tables.NewClient(name)}), newMessages(queue)}, nil
}

// operate does one operation, one in six with little time, and reports whether the time had
// ended.
func (k *worker) operate(ctx context.Context, random *rand.Rand) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	switch random.IntN(12) {
	case 0:
		defer time.AfterFunc(time.Duration(random.IntN(20_000))*time.Microsecond, cancel).Stop()
	case 1:
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(random.IntN(30_000))*time.Microsecond)
		defer stop()
	}
	var err error
	switch random.IntN(3) {
	case 0:
		err = k.blobs.step(ctx, random)
	case 1:
		err = k.entities.step(ctx, random)
	default:
		err = k.messages.step(ctx, random)
	}
	return ctx.Err() != nil, err
}

// verify compares everything, and returns how much that is.
func (k *worker) verify(ctx context.Context, random *rand.Rand) (int, error) {
	a, err := k.blobs.verify(ctx, random)
	b, err2 := k.entities.verify(ctx, random)
	c, err3 := k.messages.verify(ctx)
	return a + b + c, errors.Join(err, err2, err3)
}
