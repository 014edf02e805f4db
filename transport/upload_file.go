// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package transport

import (
	"io"
	"os"
	"syscall"
)

// fileBody guards a regular file that has exactly the declared length. The system may copy such
// a file to the connection by itself (sendfile): there is no reader to lie, to be stuck or to go
// on after the end, and net/http, which looks for a syscall.Conn, is quicker so by a factor.
//
// What is written to the end of the file while it is sent is not sent.
type fileBody struct {
	*requestBody
	file   *os.File
	start  int64
	handed bool // to the system, at least in part; belongs to the goroutine that reads
}

// guard returns what a backend is to read b through.
func (b *requestBody) guard() io.ReadCloser {
	file, ok := b.src.(*os.File)
	if !ok || b.length <= 0 || b.call.counts() {
		return b
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return b
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil || info.Size()-start != b.length {
		return b
	}
	return &fileBody{requestBody: b, file: file, start: start}
}

// SyscallConn implements syscall.Conn.
func (b *fileBody) SyscallConn() (syscall.RawConn, error) {
	b.mu.Lock()
	closed := b.closed
	b.mu.Unlock()
	if closed || b.held || b.end != nil {
		return nil, errUploadOver // what is left comes by Read
	}
	b.handed = true
	return b.file.SyscallConn()
}

// Read implements io.Reader. The system moves the position of a file that it copies.
func (b *fileBody) Read(p []byte) (int, error) {
	if b.handed && !b.held && b.end == nil {
		if position, err := b.file.Seek(0, io.SeekCurrent); err == nil {
			if b.got = position - b.start; b.got >= b.length {
				b.end = io.EOF
			}
		}
	}
	return b.requestBody.Read(p)
}
