// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package transport

import (
	"io"
	"os"
	"syscall"

	"github.com/isohttp/isohttp/transport/driver"
)

// fileBody guards a regular file that has exactly the declared length. The system may copy such
// a file to the connection by itself (sendfile), as it does for a bare http.Transport, which looks
// for a syscall.Conn: there is no reader that can lie about its length.
//
// What is appended to the file while it is sent is not sent. A copy that is under way when the
// call ends is ended by the end of the connection, and not by Close.
type fileBody struct {
	*requestBody
	file  *os.File
	start int64

	// These belong to the goroutine that reads.
	handed bool  // to the system just now
	at     int64 // the position then
}

// guard returns what a backend is to read b through.
func (b *requestBody) guard() io.ReadCloser {
	src := b.src
	if owned, ok := src.(*ownedBody); ok {
		src = owned.ReadCloser
	}
	file, ok := src.(*os.File)
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
	// A file that cannot be read is to fail as every reader does, and not as the connection.
	if n, _ := file.ReadAt(make([]byte, 1), start); n != 1 {
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
	at, err := b.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	b.handed, b.at = true, at
	return b.file.SyscallConn()
}

// Read implements io.Reader. The system moves the position of a file that it copies. After it has,
// only what lies behind the declared length is asked for, and net/http throws that away: so what
// is missing then will never be sent, whether the file has got it again or not.
func (b *fileBody) Read(p []byte) (int, error) {
	if b.handed {
		b.handed = false
		if position, err := b.file.Seek(0, io.SeekCurrent); err == nil && position > b.at {
			if b.got = position - b.start; b.got >= b.length {
				b.end = io.EOF
			} else {
				b.end = &Error{Op: driver.OpUpload, Kind: KindInvalid, Err: shortBody{b.got, b.length}}
			}
		}
	}
	return b.requestBody.Read(p)
}
