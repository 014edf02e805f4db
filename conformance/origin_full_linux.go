// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"net"
	"syscall"
	"time"
)

// fillUp makes a listener that does not accept one to which no more connections come about:
// its queue is shortened and filled, and Linux then ignores who asks for more. It returns
// what is in the queue, nothing if that did not help.
func fillUp(l net.Listener) []io.Closer {
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return nil
	}
	raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) })
	var queued []io.Closer
	for err == nil && len(queued) < 4 {
		var c net.Conn
		c, err = net.DialTimeout("tcp", l.Addr().String(), 100*time.Millisecond)
		if err == nil {
			queued = append(queued, c)
		}
	}
	if err != nil && len(queued) > 0 {
		return queued
	}
	for _, c := range queued {
		c.Close()
	}
	return nil
}
