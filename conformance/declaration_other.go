// SPDX-License-Identifier: MIT

//go:build !js

package conformance

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
)

// engine returns the name and the version of what runs the program.
func engine() (name, version string) {
	if runtime.GOOS == "wasip1" {
		name, version, _ = strings.Cut(os.Getenv(EnvEngine), " ")
		return name, version
	}
	// "go1.26.8 X:..." where experiments are on.
	version, _, _ = strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), " ")
	return "go", version
}

// probe finds out what the platform does, by a way of its own where there is one.
func (r *run) probe(ctx context.Context, f *found) error {
	rt := observer()
	if rt == nil {
		tr, err := r.make(&T{run: r, c: Case{ID: "the probe"}, ctx: ctx}, Config{StreamBody: true})
		if err != nil {
			return err
		}
		defer tr.CloseIdleConnections()
		rt = tr
	}
	url := ScenarioURL(r.witness.addrs.Other, rand.Text(), "headers", "cors", "no-expose", "X-Test", "a")
	resp, err := send(ctx, rt, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	f.AllHeaders = resp.Header.Get("X-Test") != ""
	resp.Body.Close()

	token := rand.Text()
	aborted, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err = send(aborted, rt, http.MethodGet, ScenarioURL(r.witness.addrs.Other, token, "endless"), nil)
	if err != nil {
		return err
	}
	cancel()
	f.Abort = r.sees(ctx, token, EventGone)
	resp.Body.Close()

	token = rand.Text()
	body, more := io.Pipe()
	over := make(chan error, 1)
	go func() {
		resp, err := send(ctx, rt, http.MethodPost, ScenarioURL(r.witness.addrs.Other, token, "echo"), body)
		if err == nil {
			resp.Body.Close()
		}
		over <- err
	}()
	if _, err := more.Write([]byte("first")); err != nil {
		return err
	}
	f.StreamUpload = r.sees(ctx, token, EventBodyPart)
	more.Close()
	return <-over
}

func send(ctx context.Context, rt http.RoundTripper, method, url string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	return rt.RoundTrip(req)
}
