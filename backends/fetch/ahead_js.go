// SPDX-License-Identifier: MIT

package fetch

import (
	"errors"
	"runtime"
	"sync"
)

// ahead reads a small body in a goroutine of its own, so that one that is there at once can
// be sent as a whole, which costs a tenth of a stream, while a slow one still streams.
type ahead struct {
	mu    sync.Mutex
	data  []byte // read and not yet taken
	err   error
	moved chan struct{} // has room for one
	quit  chan struct{} // closed when nobody is going to take any more
}

func (x *exchange) readAhead() *ahead {
	a := &ahead{moved: make(chan struct{}, 1), quit: make(chan struct{})}
	go func() {
		buf := x.rt.TakeBuffer()
		defer x.rt.PutBuffer(buf)
		for err := error(nil); err == nil; {
			var n int
			n, err = readSome(x.reqBody, buf)
			a.mu.Lock()
			a.data, a.err = append(a.data, buf[:n]...), err
			a.mu.Unlock()
			select {
			case <-a.quit:
				return
			default:
			}
			select {
			case a.moved <- struct{}{}:
			default:
			}
		}
	}()
	return a
}

// all returns the whole body and io.EOF if it can be had without waiting: the reader's
// goroutine runs until it blocks. It may also be held up by the collector, hence the
// further turns; too few of them cost a stream where none was needed, no more.
func (a *ahead) all() ([]byte, error) {
	for range 4 {
		runtime.Gosched()
		a.mu.Lock()
		data, err := a.data, a.err
		a.mu.Unlock()
		if err != nil {
			return data, err
		}
	}
	return nil, nil
}

var errOver = errors.New("the exchange is over")

// Read waits for data.
func (a *ahead) Read(p []byte) (int, error) {
	for {
		a.mu.Lock()
		n := copy(p, a.data)
		a.data = a.data[n:]
		var err error
		if len(a.data) == 0 {
			err = a.err
		}
		a.mu.Unlock()
		if n > 0 || err != nil {
			return n, err
		}
		select {
		case <-a.moved:
		case <-a.quit:
			return 0, errOver
		}
	}
}
