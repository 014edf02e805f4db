// SPDX-License-Identifier: MIT

package leak_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/leak"
	"github.com/isohttp/isohttp/transport"
)

// load sends requests of all kinds to the origin.
type load struct {
	tr      *transport.Transport
	witness *conformance.Witness
	token   string
}

func newLoad(t *testing.T) *load {
	t.Helper()
	tr := transport.Default()
	witness, err := conformance.Connect(tr)
	if err != nil {
		t.Fatal(err)
	}
	return &load{tr, witness, witness.Token()}
}

// kind is one kind of request.
type kind struct {
	weight           int
	method, scenario string
	pairs            []string
	body             int           // size of the request body; 0 for none
	unknown          bool          // its length is not told
	read             int           // bytes of the response to read before it is closed; -1 for all
	within           time.Duration // the time that the call is given; it is not enough
}

// kinds are mostly what goes well, and all the ways in which a call ends early.
func kinds() []kind {
	return []kind{
		{weight: 40, method: "GET", scenario: "bytes", pairs: []string{"size", "100"}, read: -1},
		{weight: 8, method: "GET", scenario: "bytes", pairs: []string{"size", "70000"}, read: -1},
		{weight: 5, method: "GET", scenario: "status", pairs: []string{"code", "404"}, read: -1},
		{weight: 20, method: "POST", scenario: "echo", body: 2000, read: -1},
		{weight: 5, method: "POST", scenario: "echo", body: 40000, unknown: true, read: -1},
		{weight: 4, method: "GET", scenario: "gzip", pairs: []string{"size", "20000"}, read: -1},
		{weight: 4, method: "GET", scenario: "redirect", pairs: []string{"to", "/t/%s/bytes?size=10", "status", "302"}, read: -1},
		{weight: 4, method: "GET", scenario: "bytes", pairs: []string{"size", "1000000"}, read: 1000},
		{weight: 2, method: "GET", scenario: "endless", read: 5000},
		{weight: 2, method: "GET", scenario: "cut", pairs: []string{"declared", "1000", "sent", "500"}, read: -1},
		{weight: 3, method: "GET", scenario: "hang", within: 3 * time.Millisecond},
		{weight: 3, method: "GET", scenario: "endless", read: -1, within: 5 * time.Millisecond},
	}
}

// newRandom returns a source whose seed is in the test's log. ISOHTTP_SEED sets it.
func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("ISOHTTP_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// pick returns a kind by its weight.
func pick(random *rand.Rand) kind {
	all := kinds()
	total := 0
	for _, k := range all {
		total += k.weight
	}
	at := random.IntN(total)
	for _, k := range all {
		if at -= k.weight; at < 0 {
			return k
		}
	}
	panic("weights")
}

// send does one request and checks that it came out as its kind must.
func (l *load) send(ctx context.Context, k kind) error {
	outer := ctx
	if k.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, k.within)
		defer cancel()
	}
	var body io.Reader
	var data []byte
	if k.body > 0 {
		data = conformance.Pattern(k.body, uint64(k.body))
		body = strings.NewReader(string(data))
		if k.unknown {
			body = struct{ io.Reader }{body}
		}
	}
	pairs := append([]string(nil), k.pairs...)
	for i, s := range pairs {
		if strings.Contains(s, "%s") {
			pairs[i] = fmt.Sprintf(s, l.token)
		}
	}
	req, err := http.NewRequestWithContext(ctx, k.method, l.witness.URL(l.token, k.scenario, pairs...), body)
	if err != nil {
		return err
	}
	got, err := l.exchange(req, k.read)
	switch {
	case outer.Err() != nil:
		return outer.Err()
	case k.within > 0 || k.scenario == "cut":
		if err == nil {
			return fmt.Errorf("%s ended well", k.scenario)
		}
		return nil
	case err != nil:
		return fmt.Errorf("%s %s: %w", k.method, k.scenario, err)
	case k.scenario == "echo":
		var seen conformance.Echo
		sum := sha256.Sum256(data)
		if err := json.Unmarshal(got, &seen); err != nil || seen.SHA256 != hex.EncodeToString(sum[:]) {
			return fmt.Errorf("echo of %d bytes: the origin saw %d others, %v", k.body, seen.Bytes, err)
		}
	case k.read < 0 && k.scenario == "bytes":
		if size, _ := strconv.Atoi(k.pairs[1]); len(got) != size {
			return fmt.Errorf("%d bytes of %d", len(got), size)
		}
	}
	return nil
}

// exchange sends req and reads read bytes of the response, all of it for -1.
func (l *load) exchange(req *http.Request, read int) ([]byte, error) {
	resp, err := l.tr.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if read < 0 {
		return io.ReadAll(resp.Body)
	}
	got := make([]byte, read)
	_, err = io.ReadFull(resp.Body, got)
	return got, err
}

// sequence sends n requests, one after the other.
func (l *load) sequence(ctx context.Context, n int, random *rand.Rand) error {
	for i := range n {
		if err := l.send(ctx, pick(random)); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
	}
	return nil
}

// burst sends n requests at once.
func (l *load) burst(ctx context.Context, n int, random *rand.Rand) error {
	errs := make(chan error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		k := pick(random)
		wg.Go(func() {
			<-start
			errs <- l.send(ctx, k)
		})
	}
	close(start)
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// full reports whether the whole load is asked for, as "make soak" does, and not the tenth
// of it that every run of the tests has.
func full() bool { return os.Getenv("ISOHTTP_SOAK") != "" }

// slack is how much the heap may have grown: what the run-time system keeps for itself
// varies. It is 13 bytes for each of 10,000 requests.
const slack = 128 << 10

// rounds is how often a load may be repeated when the heap has grown. Go keeps what it has allocated for
// the most goroutines that there ever were, and net/http a call that has given up waiting for a
// connection until the next one waits: how much that is depends on how calls met. It does not grow
// every time, as what leaks does.
const rounds = 4

// unchanged runs f twice, first for pools to fill, and wants the counts after the second
// time to be those of before.
func (l *load) unchanged(t *testing.T, what string, warm, n int, f func(context.Context, int, *rand.Rand) error) {
	t.Helper()
	random := newRandom(t)
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	if err := f(ctx, warm, random); err != nil {
		t.Fatal(err)
	}
	w := watch{before: settle(ctx, l.tr)}
	for {
		start := time.Now()
		if err := f(ctx, n, random); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		before := w.before
		after := l.await(ctx, before, w.room())
		t.Logf("soak: %d requests %s | %.1f s | goroutines %d to %d | references %d to %d | handles %d to %d | heap %d to %d kB | memory %d to %d kB",
			n, what, took.Seconds(), before.Goroutines, after.Goroutines, before.References, after.References,
			before.Handles, after.Handles, before.Heap>>10, after.Heap>>10, before.Memory>>10, after.Memory>>10)
		over, again := w.see(after)
		if over == "" {
			return
		}
		if again {
			t.Logf("once more, because of %s", over)
			continue
		}
		t.Errorf("after %d requests, %s, in round %d: %s", n, what, w.round, over)
		if after.Goroutines > before.Goroutines {
			stacks := make([]byte, 1<<20)
			t.Logf("%s", stacks[:runtime.Stack(stacks, true)])
		}
		return
	}
}

// watch compares the counts after each round of a load.
type watch struct {
	before leak.Counts
	round  int
}

// see returns what has grown in a round, and whether that may be for once: if it is the heap alone,
// which is then compared with what it is now.
func (w *watch) see(after leak.Counts) (over string, again bool) {
	room := w.room()
	if over = after.Over(w.before, room); over != "" {
		w.before.Heap = after.Heap
		again = w.round+1 < rounds && after.Over(w.before, room) == ""
	}
	w.round++
	return over, again
}

// room is how much the heap may grow in the round that comes. It is less after the first, or what grows
// by about as much each time would be let go.
func (w *watch) room() int64 {
	if w.round > 0 {
		return slack / 2
	}
	return slack
}

// TestWatch: what grows every time is told, and so is at once what must not grow at all.
func TestWatch(t *testing.T) {
	begin := leak.Counts{Goroutines: 2, Heap: 1 << 20}
	grown := func(goroutines int, heap int64) leak.Counts {
		return leak.Counts{Goroutines: 2 + goroutines, Heap: 1<<20 + heap}
	}
	for name, c := range map[string]struct {
		after []leak.Counts
		told  bool
	}{
		"nothing":             {[]leak.Counts{grown(0, slack)}, false},
		"heap once":           {[]leak.Counts{grown(0, 2*slack), grown(0, 2*slack+slack/2)}, false},
		"heap every time":     {[]leak.Counts{grown(0, 2*slack), grown(0, 4*slack), grown(0, 6*slack), grown(0, 8*slack)}, true},
		"heap, a little less": {[]leak.Counts{grown(0, slack+1), grown(0, slack+slack*2/3), grown(0, 2*slack+slack/3), grown(0, 3*slack)}, true},
		"a goroutine":         {[]leak.Counts{grown(1, 0)}, true},
		"a goroutine, later":  {[]leak.Counts{grown(0, 2*slack), grown(1, 2*slack)}, true},
		"heap and goroutines": {[]leak.Counts{grown(1, 2*slack)}, true},
	} {
		w := watch{before: begin}
		for i, after := range c.after {
			over, again := w.see(after)
			if last := i == len(c.after)-1; again == last || last && (over != "") != c.told {
				t.Errorf("%s, round %d: %q, again is %v", name, i+1, over, again)
			}
		}
	}
}

// await returns the counts once they are those of before, or when they do not get there.
func (l *load) await(ctx context.Context, before leak.Counts, room int64) leak.Counts {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return leak.Await(ctx, l.tr.CloseIdleConnections, func(c leak.Counts) bool { return c.Over(before, room) == "" })
}

// settle returns the counts when nothing is under way.
func settle(ctx context.Context, tr *transport.Transport) leak.Counts {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return leak.Settle(ctx, tr.CloseIdleConnections)
}

func TestSequential(t *testing.T) {
	n := 500
	if full() {
		n = 10_000
	}
	l := newLoad(t)
	l.unchanged(t, "one after the other", 200, n, l.sequence)
}

func TestParallel(t *testing.T) {
	n := 150
	if full() {
		n = 1000
	}
	l := newLoad(t)
	// A few more than are measured, but no more than a host allows: Go keeps what it has allocated
	// for the most goroutines that there ever were.
	l.unchanged(t, "at once", n+n/50, n, l.burst)
}
