// SPDX-License-Identifier: MIT

package retry

import (
	"io"
	"sync"
)

// seekSource is a body that can go back by itself.
type seekSource struct {
	io.ReadSeeker
	start int64
}

func (*seekSource) hold() bool { return true }

func (s *seekSource) rewind() error {
	_, err := s.Seek(s.start, io.SeekStart)
	return err
}

// copySource is a body of which a copy is made while it is read. After a rewind the copy
// comes first, and then what was not read before.
type copySource struct {
	from  io.Reader
	limit int64

	mu   sync.Mutex
	copy []byte
	next int   // of the copy; what the current try reads
	held bool  // until rewind: what is read now is the last of this try
	lost bool  // the copy is not whole
	err  error // what from has ended with
}

// errHeld is what a try gets that still reads when the next one is decided upon.
const errHeld = errorText("retry: the request is about to be sent again")

func (s *copySource) hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = !s.lost
	return s.held
}

func (s *copySource) rewind() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost {
		return s.err
	}
	s.next, s.held = 0, false
	return nil
}

// Read implements io.Reader.
func (s *copySource) Read(p []byte) (int, error) {
	s.mu.Lock()
	switch {
	case s.held:
		s.mu.Unlock()
		return 0, errHeld
	case s.next < len(s.copy):
		n := copy(p, s.copy[s.next:])
		s.next += n
		s.mu.Unlock()
		return n, nil
	case s.err != nil:
		s.mu.Unlock()
		return 0, s.err
	}
	s.mu.Unlock()
	n, err := s.from.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	// A Read that was under way at hold counts, though it may go over the limit by its
	// buffer: to give up is too late then.
	if n > 0 && !s.lost && (s.held || int64(len(s.copy)+n) <= s.limit) {
		s.copy = append(s.copy, p[:n]...)
		s.next += n
	} else if n > 0 {
		s.lost, s.copy, s.next = true, nil, 0
	}
	if err != nil {
		s.err = err
		if err != io.EOF {
			s.lost, s.copy, s.next = true, nil, 0
		}
	}
	return n, err
}
