// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package leak_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// originVariable makes this program an origin and no test.
const originVariable = "ISOHTTP_LEAK_ORIGIN"

// elsewhere starts an origin in another process, whose goroutines and event log do not
// count here, and sets the variables with its addresses.
func elsewhere() (stop func(), err error) {
	if os.Getenv(originVariable) != "" {
		beOrigin()
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), originVariable+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe() // its end ends the other process, however this one ends
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "" {
		name, value, _ := strings.Cut(lines.Text(), "=")
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return func() {
		stdin.Close()
		cmd.Wait()
	}, lines.Err()
}

// beOrigin serves until standard input ends.
func beOrigin() {
	origin, err := conformance.StartOrigin()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, pair := range origin.Environ() {
		fmt.Println(pair)
	}
	fmt.Println()
	io.Copy(io.Discard, os.Stdin)
	origin.Close()
	os.Exit(0)
}
