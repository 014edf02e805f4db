// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func noenv(string) string { return "" }

func TestParse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("from-file\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		if name == keyVariable {
			return "from-env"
		}
		return ""
	}
	for _, c := range []struct {
		name   string
		args   []string
		getenv func(string) string
		code   int
		key    string
	}{
		{"flag", []string{"-key", "k"}, noenv, 0, "k"},
		{"flag over environment", []string{"-key", "k"}, env, 0, "k"},
		{"environment", nil, env, 0, "from-env"},
		{"file", []string{"-key-file", file}, env, 0, "from-file"},
		{"both", []string{"-key-file", file, "-key", "k"}, noenv, 2, ""},
		{"no key", nil, noenv, 2, ""},
		{"no file", []string{"-key-file", file + "x"}, noenv, 2, ""},
		{"unknown flag", []string{"-nope"}, env, 2, ""},
		{"argument", []string{"x"}, env, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			got, code := parse(c.args, c.getenv, &stderr)
			if code != c.code || (got != nil && got.key != c.key) || (got == nil) != (c.code != 0) {
				t.Errorf("parse = %+v, %d; want %q, %d\n%s", got, code, c.key, c.code, &stderr)
			}
			if c.code == 2 && !strings.Contains(stderr.String(), "usage:") {
				t.Errorf("no usage: %s", &stderr)
			}
		})
	}
}

func TestAddressInUseExitsOne(t *testing.T) {
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"-key", "k", "-addr", "127.0.0.1:no"}, noenv, strings.NewReader(""), io.Discard, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "langserver:") {
		t.Errorf("code %d, %s", code, &stderr)
	}
}

// TestServe runs the program from its first line of output to the end of its input, and
// looks for the key and the text in everything it wrote.
func TestServe(t *testing.T) {
	stdin, closeStdin := io.Pipe()
	stdout, out := io.Pipe()
	var stderr bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(context.Background(), []string{"-key", "s3cret", "-stop-on-eof"}, noenv, stdin, out, &stderr)
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line) + "/text/analytics/v3.1/languages"
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"documents":[{"id":"1","text":"Bonjour mon ami."}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Ocp-Apim-Subscription-Key", "s3cret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), `"French"`) {
		t.Errorf("%s %s %v", resp.Status, body, err)
	}
	http.DefaultClient.CloseIdleConnections()
	closeStdin.Close()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d after standard input ended, want 0", code)
	}
	log := stderr.String()
	if !strings.Contains(log, "12/12") || strings.Contains(log, "s3cret") || strings.Contains(log, "Bonjour") {
		t.Errorf("log: %s", log)
	}
}
