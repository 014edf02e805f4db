// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

func ccCases() []Case {
	return []Case{
		must("CC-01", parallel, Count(EventRequest, 100)).within(30 * time.Second),
		must("CC-02", sixteenByFifty, Count(EventRequest, 800)).within(60 * time.Second),
		must("CC-03", hungBeside),
		must("CC-04", schedulerRuns).within(30 * time.Second).alone(),
		must("CC-05", outOfOrder),
		must("CC-06", moreThanConnections).within(30 * time.Second),
		must("CC-07", cancelStorm).within(60 * time.Second),
		must("CC-08", sequential, Count(EventRequest, 2000)).within(180 * time.Second),
	}
}

// own asks for an echo of a number and wants that one back.
func own(t *T, i int) {
	n := strconv.Itoa(i)
	resp, err := t.Try(t.Get(t.URL("bytes", "size", "100", "seed", n)))
	if !t.True(err == nil, "request %d: %v", i, err) {
		return
	}
	defer resp.Body.Close()
	t.Equal("the answer to "+n, t.Read(resp), Pattern(100, uint64(i)))
}

func parallel(t *T) {
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() { own(t, i) })
	}
	wg.Wait()
}

func sixteenByFifty(t *T) {
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 50 {
				own(t, 50*g+i)
			}
		})
	}
	wg.Wait()
}

func hungBeside(t *T) {
	o := t.start(t.Get(t.URL("hang")))
	t.Wait(EventGateWait, 1)
	own(t, 1)
	t.Release("go")
	if t.Within("the first request", o.done) && t.True(o.err == nil, "the first request: %v", o.err) {
		t.Equal("its body", string(t.Read(o.resp)), "late")
	}
}

// ticks counts the ticks of a timer of 10 ms for two seconds, unless done ends first. It returns
// the part of the expected ones that came.
func (t *T) ticks(what string, done <-chan struct{}) float64 {
	const every, span = 10 * time.Millisecond, 2 * time.Second
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	start, n := time.Now(), 0
	for time.Since(start) < span {
		select {
		case <-ticker.C:
			n++
		case <-done:
			t.Fatalf("%s returned too early", what)
		}
	}
	return float64(n) * float64(every) / float64(time.Since(start))
}

// ticksOn wants at least half of the expected ticks while something is blocked. A machine with
// much else to do may lose more of them once; what blocks the scheduler does it each time.
func (t *T) ticksOn(what string, done <-chan struct{}) {
	const tries = 5
	most := 0.0
	for range tries {
		most = max(most, t.ticks(what, done))
		if most >= 0.5 {
			break
		}
	}
	t.True(most >= 0.5, "while %s was blocked, no more than %.0f%% of the expected ticks came in any of %d spans, want 50%%", what, 100*most, tries)
}

// schedulerRuns counts the ticks of a timer while a call and then a Read are blocked.
func schedulerRuns(t *T) {
	o := t.start(t.Get(t.URL("hang")))
	t.Wait(EventGateWait, 1)
	t.ticksOn("a call", o.done)
	resp := t.Send(t.Get(t.URL("gate")))
	t.readFull(resp, 1000)
	r := startRead(resp.Body)
	t.ticksOn("a Read", r.done)
	t.Release("go")
	t.Within("the call", o.done)
	t.Within("the Read", r.done)
}

func outOfOrder(t *T) {
	one := t.start(t.Get(t.URL("hang", "n", "1")))
	t.Wait(EventGateWait, 1)
	two := t.start(t.Get(t.URL("bytes", "size", "1000")))
	if t.Within("the second request", two.done) && t.True(two.err == nil, "the second request: %v", two.err) {
		t.Equal("the second body", t.Read(two.resp), Pattern(1000, 1))
	}
	t.Release("go")
	if t.Within("the first request", one.done) && t.True(one.err == nil, "the first request: %v", one.err) {
		t.Equal("the first body", string(t.Read(one.resp)), "late")
	}
}

// moreThanConnections holds 20 responses at a time. Pages have six connections to a host for
// HTTP/1.1: there that many are held, while the others wait for one, and 20 only over HTTP/2,
// where the surroundings have it.
func moreThanConnections(t *T) {
	const n, pageLimit = 20, 6
	var all []*outcome
	hold := func(base string, held int) {
		for range n {
			all = append(all, t.start(t.Get(ScenarioURL(base, t.Token(), "hang"))))
		}
		t.Wait(EventGateWait, len(all)-n+held)
	}
	if t.Page() {
		if t.Offers(featureCA) {
			hold(t.Addresses().TLS2, n)
		}
		hold(t.Addresses().Main, pageLimit)
	} else {
		hold(t.Addresses().Main, n)
	}
	t.Release("go")
	for i, o := range all {
		<-o.done
		if t.True(o.err == nil, "request %d of %d: %v", i+1, len(all), o.err) {
			t.Equal("a body", string(t.Read(o.resp)), "late")
		}
	}
	t.Expect(Count(EventRequest, len(all)))
}

// sequential sends 2,000 requests one after the other, of several sorts, and looks at what has
// piled up. A response has 16 KiB, so that keeping them would be seen.
func sequential(t *T) {
	const warm, rest = 200, 1800
	send := func(n int) {
		for i := range n {
			req := t.Get(t.URL("bytes", "size", "16384"))
			if i%4 == 3 {
				req = t.Request("POST", t.URL("bytes", "size", "16384"), strings.NewReader("a body"))
			}
			resp := t.Send(req)
			if i%4 != 1 {
				t.Equal("length", len(t.Read(resp)), 16384)
			}
			resp.Body.Close()
		}
		t.forget()
	}
	send(warm)
	goroutines, _ := leaked(t.token)
	references, counted := liveReferences()
	growth := newHeapWatch()
	send(rest)
	growth.below(t, 12<<20)
	now, stacks := leaked(t.token)
	t.True(now <= goroutines+10, "%d goroutines, after %d: \n%s", now, goroutines, stacks)
	if later, _ := liveReferences(); counted {
		t.True(later <= references+20, "%d JavaScript values are referred to, after %d", later, references)
	}
}

func cancelStorm(t *T) {
	random := rand.New(rand.NewPCG(1, 2))
	const requests, before = 200, 20 // that end before they begin
	var wg sync.WaitGroup
	for i := range requests {
		ctx, cancel := t.cancelable()
		if i < before {
			cancel()
		}
		pause := time.Duration(random.IntN(20)) * time.Millisecond
		req := t.RequestContext(ctx, "GET", t.URL("bytes", "size", "100000"), nil)
		wg.Go(func() {
			timer := time.AfterFunc(pause, cancel)
			defer timer.Stop()
			defer cancel()
			resp, err := t.Try(req)
			if err != nil {
				t.ended("a canceled request", err, ctx)
				return
			}
			t.True(i >= before, "a request with a context that was over was sent")
			if n, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.ended("a canceled response", err, ctx)
			} else {
				t.Equal("bytes of a response that was not canceled", int(n), 100000)
			}
		})
	}
	wg.Wait()
	own(t, 1)
	t.Requests(1, requests-before+1)
}
