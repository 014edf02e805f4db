// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// storageJob is one run of the storage job.
type storageJob struct {
	env             *Env
	store           *Store
	container, blob string
	seed            Seed
	size, block     int64
	parallel        int
	steps           []storageStep

	random  bool // the container's name was made up by this run
	created bool // this run made the container, or may have
	sent    bool // this run made the blob
}

// storageStep is one step. It returns what there is to say about its success.
type storageStep struct {
	name     string
	compares bool // needs the content's seed
	do       func(*storageJob, context.Context) (string, error)
}

// storageSteps returns all steps, in the order of a whole round trip.
func storageSteps() []storageStep {
	return []storageStep{
		{"create", false, (*storageJob).create},
		{"upload", false, (*storageJob).upload},
		{"list", false, (*storageJob).list},
		{"properties", false, (*storageJob).properties},
		{"range", true, (*storageJob).middle},
		{"download", true, (*storageJob).whole},
		{"delete", false, (*storageJob).delete},
	}
}

func find(steps []storageStep, name string) *storageStep {
	for i := range steps {
		if steps[i].name == name {
			return &steps[i]
		}
	}
	return nil
}

// run takes the steps. After a failure it removes what it has created.
func (j *storageJob) run(ctx context.Context) error {
	out := j.env.Stdout
	fmt.Fprintf(out, "container %s, blob %s, %d bytes, seed %s\n", j.container, j.blob, j.size, j.seed)
	for _, s := range j.steps {
		start := time.Now()
		said, err := s.do(j, ctx)
		if err != nil {
			j.undo(ctx)
			return fmt.Errorf("%s: %s", s.name, Explain(err))
		}
		fmt.Fprintf(out, "%-10s  %6.2f s  %s\n", s.name, time.Since(start).Seconds(), said)
	}
	return nil
}

// undo deletes what this run has created. It says so when that fails too.
func (j *storageJob) undo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	var err error
	switch {
	case j.created:
		_, err = j.store.DeleteContainer(ctx, j.container)
	case j.sent:
		err = j.store.Delete(ctx, j.container, j.blob)
	}
	if err != nil && !IsNotFound(err) {
		fmt.Fprintf(j.env.Stderr, "portable: container %s was left behind: %s\n", j.container, Explain(err))
	}
}

func (j *storageJob) create(ctx context.Context) (string, error) {
	// A call that was cut off may have succeeded all the same. Nobody else has a
	// container with a name that this run made up.
	j.created = j.random
	if err := j.store.CreateContainer(ctx, j.container); err != nil {
		return "", err
	}
	j.created = true
	return j.container, nil
}

func (j *storageJob) upload(ctx context.Context) (string, error) {
	h := sha256.New()
	content := j.seed.Reader(j.size)
	err := j.store.Upload(ctx, j.container, j.blob, io.TeeReader(content, h), &UploadOptions{
		BlockSize: j.block,
		Parallel:  j.parallel,
		Progress:  j.progress("upload", j.size),
	})
	if err != nil {
		return "", err
	}
	j.sent = true
	return fmt.Sprintf("%d bytes, SHA-256 %x", j.size, h.Sum(nil)), nil
}

func (j *storageJob) list(ctx context.Context) (string, error) {
	blobs, err := j.store.List(ctx, j.container)
	if err != nil {
		return "", err
	}
	for _, b := range blobs {
		if b.Name == j.blob {
			return fmt.Sprintf("%d blob(s) in the container", len(blobs)), j.expectSize(b.Size)
		}
	}
	return "", fmt.Errorf("the blob is not among the %d in the container", len(blobs))
}

func (j *storageJob) properties(ctx context.Context) (string, error) {
	b, err := j.store.Properties(ctx, j.container, j.blob)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %d bytes, ETag %s", b.Type, b.Size, b.ETag), j.expectSize(b.Size)
}

func (j *storageJob) expectSize(size int64) error {
	if size != j.size {
		return fmt.Errorf("the store has %d bytes and not %d", size, j.size)
	}
	return nil
}

// middle downloads the middle third. A transport through which a cache answers returns the
// whole blob here when it has been downloaded before.
func (j *storageJob) middle(ctx context.Context) (string, error) {
	offset := j.size / 3
	return j.compare(ctx, "range", offset, max(j.size/3, 1))
}

func (j *storageJob) whole(ctx context.Context) (string, error) {
	return j.compare(ctx, "download", 0, j.size)
}

// compare downloads a part and compares its hash with that of the content.
func (j *storageJob) compare(ctx context.Context, name string, offset, count int64) (string, error) {
	want, err := j.seed.Sum(offset, count)
	if err != nil {
		return "", err
	}
	asked := count
	if offset == 0 && count == j.size {
		asked = 0 // the whole blob, however long the store thinks it is
	}
	h := sha256.New()
	n, err := j.store.Download(ctx, j.container, j.blob, offset, asked, h, j.progress(name, count))
	if err != nil {
		return "", err
	}
	got := hex.EncodeToString(h.Sum(nil))
	if n != count || got != want {
		return "", fmt.Errorf("%d bytes with SHA-256 %s came back, not %d with %s", n, got, count, want)
	}
	return fmt.Sprintf("%d bytes from %d on, SHA-256 %s as sent", n, offset, got), nil
}

func (j *storageJob) delete(ctx context.Context) (string, error) {
	if err := j.store.Delete(ctx, j.container, j.blob); err != nil {
		return "", err
	}
	j.sent = false
	gone, err := j.store.DeleteContainer(ctx, j.container)
	if err != nil {
		return "", err
	}
	if !gone {
		return "blob; the container was not made by this program and stays", nil
	}
	j.created = false
	return "blob and container", nil
}

// progress returns a function that reports each further eighth of total.
func (j *storageJob) progress(name string, total int64) func(int64) {
	shown := int64(0)
	return func(bytes int64) {
		if eighth := bytes * 8 / total; eighth > shown {
			shown = eighth
			fmt.Fprintf(j.env.Stderr, "%s: %d of %d bytes\n", name, bytes, total)
		}
	}
}
