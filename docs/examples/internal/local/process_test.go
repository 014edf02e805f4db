// SPDX-License-Identifier: MIT

//go:build !wasm

package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
)

// helperVariable makes the test binary the process that a test runs.
const helperVariable = "ISOHTTP_TEST_HELPER"

func TestMain(m *testing.M) {
	switch os.Getenv(helperVariable) {
	case "serve": // until it is asked to end, by a signal or by its input
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		ended := make(chan struct{})
		go func() {
			bufio.NewReader(os.Stdin).ReadByte()
			close(ended)
		}()
		fmt.Fprintln(os.Stderr, "getting ready")
		fmt.Println("at http://here")
		select {
		case <-interrupted:
		case <-ended:
		}
		fmt.Fprintln(os.Stderr, "good bye")
	case "fail":
		fmt.Fprintln(os.Stderr, "one\nthe port is taken")
		os.Exit(3)
	case "end":
	default:
		os.Exit(m.Run())
	}
}

func helper(t *testing.T, what string) func(context.Context) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) *exec.Cmd {
		return Command(ctx, t.TempDir(), []string{helperVariable + "=" + what}, self)
	}
}

func address(line string) string {
	_, a, _ := strings.Cut(line, "at ")
	return a
}

// TestServerStops protects that a server is asked to end, and waited for.
func TestServerStops(t *testing.T) {
	var log strings.Builder
	s, a, err := start(t.Context(), NewLog("test", &log), "helper", helper(t, "serve"), address)
	if err != nil || a != "http://here" {
		t.Fatalf("%q, %v", a, err)
	}
	select {
	case <-s.ended:
		t.Error("it ended by itself")
	default:
	}
	s.stop()
	<-s.ended
	if log.String() != "getting ready\ngood bye\n" {
		t.Errorf("the log has %q", log.String())
	}
}

// TestServerEndsWithContext protects against a process that outlives an interrupt.
func TestServerEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, _, err := start(ctx, NewLog("test", t.Output()), "helper", helper(t, "serve"), address)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-s.ended
	s.stop() // once more does no harm
}

func TestServerFails(t *testing.T) {
	for what, want := range map[string]string{
		"fail": "helper: exit status 3: the port is taken",
		"end":  "helper: ended by itself",
	} {
		s, _, err := start(t.Context(), NewLog("test", t.Output()), "helper", helper(t, what), address)
		if s != nil || err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	none := func(ctx context.Context) *exec.Cmd { return Command(ctx, "", nil, "no-such-program-here") }
	if _, _, err := start(t.Context(), NewLog("test", t.Output()), "helper", none, address); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("no program: %v", err)
	}
}

func TestOutput(t *testing.T) {
	cmd := helper(t, "fail")(t.Context())
	if _, err := Output(cmd); err == nil || err.Error() != "exit status 3: the port is taken" {
		t.Errorf("error %v", err)
	}
}

func TestAzuriteAddress(t *testing.T) {
	for line, want := range map[string]string{
		"Azurite Blob service is starting on 127.0.0.1:0":                             "",
		"Azurite Blob service successfully listens on http://127.0.0.1:35673":         "http://127.0.0.1:35673",
		"In-memory extent storage is enabled with a limit of 2048 MB (about a half).": "",
	} {
		if got := azuriteAddress(line); got != want {
			t.Errorf("azuriteAddress(%q) = %q, want %q", line, got, want)
		}
	}
}
