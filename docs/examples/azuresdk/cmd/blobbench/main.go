// SPDX-License-Identifier: MIT

// Command blobbench measures azblob over a Transport, and over azcore's default transport,
// by turns, on Azurite, and prints the samples as JSON. Command bench of conformance/runner
// runs it.
//
// It is run in the folder docs/examples or below.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/transport"
)

// result is what command bench reads.
type result struct {
	Peer      string    `json:"peer"`
	Unit      string    `json:"unit"`
	Bare      []float64 `json:"bare"`
	Transport []float64 `json:"transport"`
}

const (
	container = "bench"
	block     = 4 << 20
	blocks    = 32
	uploaded  = 64 << 20
)

// works are what can be measured, by the names that command bench gives. Each does its work
// once, on a buffer of the size.
var works = map[string]struct {
	size int
	do   func(ctx context.Context, client *azblob.Client, buf []byte) error
}{
	"azblob DownloadBuffer, 32 blocks of 4 MiB": {blocks * block, download},
	"azblob UploadBuffer, 64 MiB":               {uploaded, upload},
}

func download(ctx context.Context, client *azblob.Client, buf []byte) error {
	n, err := client.DownloadBuffer(ctx, container, "download", buf, &azblob.DownloadBufferOptions{BlockSize: block})
	if err == nil && n != int64(len(buf)) {
		err = fmt.Errorf("%d bytes of %d", n, len(buf))
	}
	return err
}

func upload(ctx context.Context, client *azblob.Client, buf []byte) error {
	_, err := client.UploadBuffer(ctx, container, "upload", buf, &azblob.UploadBufferOptions{BlockSize: block})
	return err
}

func main() {
	rounds := flag.Int("rounds", 15, "samples of each side")
	work := flag.String("work", "", "`name` of what to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := run(ctx, *work, *rounds)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "blobbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string, rounds int) (r *result, err error) {
	w, ok := works[name]
	if !ok {
		return nil, fmt.Errorf("no work %q", name)
	}
	host, err := local.New(ctx, local.NewLog("blobbench", os.Stderr))
	if err != nil {
		return nil, err
	}
	azurite := host.NewLasting("bench") // what is overwritten stays: on disk there is room for it
	defer func() { err = errors.Join(err, azurite.Stop(), host.Close()) }()
	if err := azurite.Start(ctx); err != nil {
		return nil, err
	}
	ours, err := transport.New(nil)
	if err != nil {
		return nil, err
	}
	var clients [2]*azblob.Client
	for i, opts := range []policy.ClientOptions{{}, {Transport: ours}} {
		cred, err := azblob.NewSharedKeyCredential(azurite.Account, azurite.Key)
		if err != nil {
			return nil, err
		}
		clients[i], err = azblob.NewClientWithSharedKeyCredential(azurite.Blob, cred, &azblob.ClientOptions{ClientOptions: opts})
		if err != nil {
			return nil, err
		}
	}
	content, buf := make([]byte, w.size), make([]byte, w.size)
	rand.Read(content)
	copy(buf, content)
	if _, err := clients[0].CreateContainer(ctx, container, nil); err != nil {
		return nil, err
	}
	if _, err := clients[0].UploadBuffer(ctx, container, "download", content, nil); err != nil {
		return nil, err
	}
	r = &result{Peer: "azcore's default transport", Unit: "ms"}
	for i := range rounds + 2 {
		// Who goes first changes.
		var samples [2]float64
		for j := range clients {
			k := (i + j) % 2
			start := time.Now()
			if err := w.do(ctx, clients[k], buf); err != nil {
				return nil, err
			}
			samples[k] = float64(time.Since(start).Microseconds()) / 1e3
			if !bytes.Equal(buf, content) {
				return nil, errors.New("other bytes came back")
			}
		}
		if i >= 2 { // the first rounds do not count
			r.Bare, r.Transport = append(r.Bare, samples[0]), append(r.Transport, samples[1])
		}
	}
	return r, nil
}
