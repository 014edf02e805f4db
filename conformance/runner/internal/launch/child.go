// SPDX-License-Identifier: MIT

package launch

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
)

// RunChild runs cmd to its end, passes on the signals that ask this process to stop,
// and returns the exit status: cmd's own, or 128 and the signal's number if one ended
// it. The child also ends when this process is killed, where the system allows.
func RunChild(cmd *exec.Cmd) (int, error) {
	defer EndWithParent(cmd)()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, stopSignals()...)
	defer signal.Stop(signals)

	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case s := <-signals:
				cmd.Process.Signal(s)
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exitStatus(exit.ProcessState), nil
	}
	return 0, err
}

// StopSignals returns the signals that ask a process to stop.
func StopSignals() []os.Signal { return stopSignals() }

// EndWithParent makes cmd, which is to be started next and by the calling goroutine, end
// when this process is killed, where the system has such a tie. The goroutine keeps
// its thread, to which the tie is, until it calls the function returned: after
// the child's end.
func EndWithParent(cmd *exec.Cmd) func() {
	runtime.LockOSThread()
	endWithParent(cmd)
	return runtime.UnlockOSThread
}
