// SPDX-License-Identifier: MIT

package conformance

import (
	"encoding/binary"
	"errors"
	"io"
)

// frame is a frame of HTTP/2 (RFC 9113, 4.1).
type frame struct {
	kind    byte
	flags   byte
	stream  uint32
	payload []byte
}

// The kinds of frames.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	frameContinuation = 0x9
)

// The flags of frames.
const (
	flagEndStream  = 0x1 // of DATA and HEADERS
	flagAck        = 0x1 // of SETTINGS and PING
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

// maxFrame is the largest payload that both sides may send without an agreement.
const maxFrame = 16 << 10

// preface is what a client sends first.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

var errFrame = errors.New("conformance: the origin does not understand a frame")

func readFrame(r io.Reader) (frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	n := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if n > maxFrame {
		return frame{}, errFrame
	}
	f := frame{kind: head[3], flags: head[4], stream: binary.BigEndian.Uint32(head[5:]) &^ (1 << 31), payload: make([]byte, n)}
	_, err := io.ReadFull(r, f.payload)
	return f, err
}

// append appends the frame as it goes out.
func (f frame) append(p []byte) []byte {
	n := len(f.payload)
	p = append(p, byte(n>>16), byte(n>>8), byte(n), f.kind, f.flags)
	p = binary.BigEndian.AppendUint32(p, f.stream)
	return append(p, f.payload...)
}

// fragment returns the header block's part of a HEADERS frame, or the data of a DATA frame.
func (f frame) fragment() ([]byte, error) {
	p, pad := f.payload, 0
	if f.flags&flagPadded != 0 && len(p) > 0 {
		pad, p = int(p[0]), p[1:]
	}
	if f.kind == frameHeaders && f.flags&flagPriority != 0 {
		if len(p) < 5 {
			return nil, errFrame
		}
		p = p[5:]
	}
	if pad > len(p) {
		return nil, errFrame
	}
	return p[:len(p)-pad], nil
}

// resetFrame ends a stream with an error code (7).
func resetFrame(stream, code uint32) frame {
	return frame{kind: frameReset, stream: stream, payload: binary.BigEndian.AppendUint32(nil, code)}
}

// goAwayFrame says that streams after last are not served, for no error.
func goAwayFrame(last uint32) frame {
	return frame{kind: frameGoAway, payload: binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), 0)}
}

func dataFrame(stream uint32, data string, end bool) frame {
	f := frame{kind: frameData, stream: stream, payload: []byte(data)}
	if end {
		f.flags = flagEndStream
	}
	return f
}
