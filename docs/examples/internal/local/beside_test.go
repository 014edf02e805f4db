// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestRunBeside runs commands that end in several ways: what stands beside them is closed each
// time, and the status is the command's.
func TestRunBeside(t *testing.T) {
	t.Setenv("LOCAL_STATUS", "9")
	broken := errors.New("it does not close")
	for _, test := range []struct {
		what   string
		args   []string
		start  error
		close  error
		status int
		err    string
	}{
		{"well", []string{"sh", "-c", "exit 0"}, nil, nil, 0, ""},
		{"with a status", []string{"sh", "-c", "exit $LOCAL_STATUS"}, nil, nil, 3, ""},
		{"no such command", []string{"there-is-no-such-command"}, nil, nil, 1, "there-is-no-such-command"},
		{"not started", []string{"sh", "-c", "exit 0"}, errors.New("no services"), nil, 1, "no services"},
		{"not closed", []string{"sh", "-c", "exit 0"}, nil, broken, 1, broken.Error()},
		{"a status, and not closed", []string{"sh", "-c", "exit 3"}, nil, broken, 3, broken.Error()},
	} {
		closed := 0
		status, err := runBeside(t.Context(), test.args, func(context.Context) (Beside, error) {
			return Beside{Environ: []string{"LOCAL_STATUS=3"}, Close: func() error { closed++; return test.close }}, test.start
		})
		if status != test.status || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: status %d, %v, want %d and %q", test.what, status, err, test.status, test.err)
		}
		if want := 1; (closed == want) != (test.start == nil) {
			t.Errorf("%s: closed %d times", test.what, closed)
		}
	}
}
