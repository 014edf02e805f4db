// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"strconv"
	"testing"
)

// statusVariable makes this test binary the command that is run.
const statusVariable = "WITHSERVICES_TEST_STATUS"

func TestMain(m *testing.M) {
	if text := os.Getenv(statusVariable); text != "" {
		status, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// A status that got lost would make failed tests look good.
func TestStatus(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 1, 7} {
		status, err := runWith(t.Context(), []string{statusVariable + "=" + strconv.Itoa(want)}, []string{self})
		if status != want || err != nil {
			t.Errorf("got %d and error %v, want %d", status, err, want)
		}
	}
	if status, err := runWith(t.Context(), nil, []string{"no-such-command-anywhere"}); status != 1 || err == nil {
		t.Errorf("no such command: got %d and error %v, want 1 and an error", status, err)
	}
}
