// SPDX-License-Identifier: MIT

// Command guest does what its first argument says. The tests of the runners build it
// for js and wasip1 and look at what comes out.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/isohttp/isohttp/backends/wasi/command" // for wasmtimeexec; inert elsewhere
)

func main() {
	verb := ""
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	args := os.Args[min(len(os.Args), 2):]
	switch verb {
	case "args":
		fmt.Printf("%q\n", args)
	case "env":
		for _, name := range args {
			value, ok := os.LookupEnv(name)
			fmt.Printf("%s=%s %t\n", name, value, ok)
		}
	case "exit":
		fmt.Println("last words")
		os.Exit(number(args[0]))
	case "leak":
		leak(number(args[0]))
	case "return":
	case "panic":
		panic("as asked")
	case "recurse":
		fmt.Println(depth(number(args[0])))
	case "streams":
		fmt.Println("to standard output")
		fmt.Fprintln(os.Stderr, "to standard error")
	case "cat":
		n, err := io.Copy(os.Stdout, os.Stdin)
		fmt.Fprintln(os.Stderr, n, err)
	case "lines":
		// Answers each line before it reads the next one.
		for s := bufio.NewScanner(os.Stdin); s.Scan(); {
			fmt.Println(strings.ToUpper(s.Text()))
		}
	case "flood":
		line := strings.Repeat("x", 999) + "\n"
		for range 4000 {
			os.Stdout.WriteString(line)
		}
	case "stuck":
		fmt.Println("waiting")
		<-time.After(time.Hour)
	case "exitwhilereading":
		go io.Copy(io.Discard, os.Stdin)
		<-time.After(50 * time.Millisecond) // lets the read begin; nothing is concluded from the time
		os.Exit(3)
	case "stdin":
		info, err := os.Stdin.Stat()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("terminal:", info.Mode()&os.ModeCharDevice != 0)
	case "files":
		files()
	case "write":
		if err := os.WriteFile(args[0], nil, 0o600); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "guest: unknown verb %q\n", verb)
		os.Exit(2)
	}
}

// depth calls itself n times.
func depth(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + depth(n-1)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// files reads a file of the current folder, and writes and reads one in the folder for
// temporary files.
func files() {
	data, err := os.ReadFile("testdata/seed.txt")
	fmt.Printf("%q %v\n", data, err)
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer os.RemoveAll(dir)
	name := dir + "/file"
	if err := os.WriteFile(name, []byte("kept"), 0o600); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	data, err = os.ReadFile(name)
	fmt.Printf("%q %v\n", data, err)
}
