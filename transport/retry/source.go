// SPDX-License-Identifier: MIT

package retry

import (
	"io"
	"sync/atomic"
)

// errHeld is what a try gets that still reads when the next one is decided upon.
const errHeld = errorText("retry: the request is about to be sent again")

// seekSource is a body that can go back by itself.
type seekSource struct {
	from  io.ReadSeeker
	start int64
	read  int64 // by the current try
	held  bool
	err   error // nothing can be read any more
}

func (s *seekSource) hold() (reason string) {
	if _, err := s.from.Seek(s.start, io.SeekStart); err != nil {
		// The try may be in the middle of its upload, and its response is what the caller
		// gets. It goes on if the failure has not moved anything.
		if at, e := s.from.Seek(0, io.SeekCurrent); e != nil || at != s.start+s.read {
			s.err = err
		}
		return reasonSeek
	}
	s.held = true
	return ""
}

func (s *seekSource) release() { s.read, s.held = 0, false }

// Read implements io.Reader.
func (s *seekSource) Read(p []byte) (int, error) {
	switch {
	case s.held:
		return 0, errHeld
	case s.err != nil:
		return 0, s.err
	}
	n, err := s.from.Read(p)
	s.read += int64(n)
	return n, err
}

// copySource is a body of which a copy is made while it is read. After a hold the copy comes
// first, and then what was not read before.
type copySource struct {
	from   io.Reader
	limit  int64
	wanted *atomic.Bool // hold will be called after the Read that is under way

	copy []byte
	next int // of the copy; what the current try reads
	held bool
	lost bool  // the copy is not whole
	err  error // what from has ended with
}

func (s *copySource) hold() (reason string) {
	if s.lost {
		return reasonNoWay
	}
	s.next, s.held = 0, true
	return ""
}

func (s *copySource) release() { s.held = false }

// Read implements io.Reader.
func (s *copySource) Read(p []byte) (int, error) {
	switch {
	case s.held:
		return 0, errHeld
	case s.next < len(s.copy):
		n := copy(p, s.copy[s.next:])
		s.next += n
		return n, nil
	case s.err != nil:
		return 0, s.err
	}
	n, err := s.from.Read(p)
	// A Read that was under way when the next try was decided upon counts, though it may go
	// over the limit by its buffer: to send a little more costs less than to give up.
	if n > 0 && !s.lost && (s.wanted.Load() || int64(len(s.copy)+n) <= s.limit) {
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
