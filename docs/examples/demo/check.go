// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// runPortable runs the portable program on a machine and returns its standard output.
func (d *demo) runPortable(ctx context.Context, m *machine, stdin string, env []string, args ...string) (string, error) {
	argv := append(append([]string{}, m.argv...), args...)
	cmd := local.Command(ctx, d.host.Dir, env, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = local.Said(err, stderr.String())
	}
	return stdout.String(), err
}

// answer is the program's answer for one text.
type answer struct {
	Text     string
	Language *struct {
		Name  string  `json:"name"`
		Code  string  `json:"iso6391Name"`
		Score float64 `json:"confidenceScore"`
	} `json:"detectedLanguage"`
	Error *struct{ Code, Message string } `json:"error"`
}

// detect has the texts' languages named on a machine. The texts go by standard input: a js
// program has little room for arguments.
func (d *demo) detect(ctx context.Context, m *machine) ([]answer, error) {
	env := []string{"ISOHTTP_LANGUAGE_ENDPOINT=" + d.language.Endpoint, "ISOHTTP_LANGUAGE_KEY=" + d.language.Key}
	out, err := d.runPortable(ctx, m, strings.Join(d.texts, "\n")+"\n", env, "detect", "-json")
	var answers []answer
	if json.Unmarshal([]byte(out), &answers) == nil && len(answers) == len(d.texts) {
		for i, a := range answers {
			if a.Text != d.texts[i] {
				return nil, fmt.Errorf("answer %d is for another text", i+1)
			}
		}
		return answers, nil // an answer that is an error makes the exit code 1
	}
	if err == nil {
		err = errors.New("the output is not the answer")
	}
	return nil, err
}

// blobName is the blob of every round trip; containers differ.
const blobName = "content.bin"

// roundTrip has random content sent to the store and fetched back on a machine, looks at
// the blob itself in between, and at its absence afterwards.
func (d *demo) roundTrip(ctx context.Context, m *machine) error {
	client, err := local.NativeClient(d.account)
	if err != nil {
		return err
	}
	var id [4]byte
	rand.Read(id[:])
	container := "demo-" + m.name + "-" + hex.EncodeToString(id[:])
	seed := app.NewSeed()
	want, err := seed.Sum(0, d.size)
	if err != nil {
		return err
	}
	storage := func(steps ...string) error {
		args := append([]string{"storage", "-container", container, "-blob", blobName,
			"-seed", seed.String(), "-size", strconv.FormatInt(d.size, 10)}, steps...)
		_, err := d.runPortable(ctx, m, "", []string{
			"ISOHTTP_STORAGE_ACCOUNT=" + d.account.Name,
			"ISOHTTP_STORAGE_KEY=" + d.account.Key,
			"ISOHTTP_STORAGE_ENDPOINT=" + d.account.Endpoint,
		}, args...)
		return err
	}
	if err := storage("create", "upload"); err != nil {
		return err
	}
	got, err := blobSum(ctx, client, container)
	switch {
	case err != nil:
		return fmt.Errorf("reading the blob natively: %w", err)
	case got != want:
		return errors.New("the blob in the store is not what was sent")
	}
	if err := storage("list", "properties", "range", "download", "delete"); err != nil {
		return err
	}
	_, err = client.ServiceClient().NewContainerClient(container).GetProperties(ctx, nil)
	if !bloberror.HasCode(err, bloberror.ContainerNotFound) {
		return errors.New("the container is still in the store")
	}
	return nil
}

// blobSum returns the SHA-256 of the blob as the store has it.
func blobSum(ctx context.Context, client *azblob.Client, container string) (string, error) {
	resp, err := client.DownloadStream(ctx, container, blobName, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, resp.Body); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// check runs everything on one machine and returns its rows.
func (d *demo) check(ctx context.Context, m *machine) []row {
	began := time.Now()
	answers, err := d.detect(ctx, m)
	detection := time.Since(began)
	blob, blobTime := "not run", time.Duration(0)
	var blobErr error
	if d.account != nil && ctx.Err() == nil {
		began = time.Now()
		blobErr = d.roundTrip(ctx, m)
		blobTime = time.Since(began)
		if blob = fmt.Sprintf("%d MiB verified", d.size>>20); blobErr != nil {
			blob = "failed"
		}
	}
	rows := make([]row, len(d.texts))
	for i, text := range d.texts {
		r := row{platform: m.name, version: m.label, text: text}
		if i == 0 {
			r.seconds, r.blob, r.blobTime, r.err = detection, blob, blobTime, blobErr
		}
		switch {
		case err != nil:
			r.language, r.err = "failed", errors.Join(err, r.err)
		case answers[i].Error != nil:
			r.language, r.err = "error", errors.Join(errors.New(answers[i].Error.Message), r.err)
		default:
			r.language = answers[i].Language.Name
		}
		rows[i] = r
	}
	return rows
}
