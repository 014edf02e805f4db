// SPDX-License-Identifier: MIT

package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// The variables that the storage job takes its settings from.
const (
	storageConnectionVariable = "ISOHTTP_STORAGE_CONNECTION_STRING"
	storageSASVariable        = "ISOHTTP_STORAGE_SAS_URL"
	storageAccountVariable    = "ISOHTTP_STORAGE_ACCOUNT"
	storageKeyVariable        = "ISOHTTP_STORAGE_KEY"
	storageEndpointVariable   = "ISOHTTP_STORAGE_ENDPOINT"
)

const aboutStorage = `Takes these steps, or those that are named, in the given order:

  create      create the container
  upload      send random content as a stream
  list        find the blob in the container
  properties  read its properties
  range       download its middle third and compare
  download    download it whole and compare
  delete      delete it, and the container if this program created it

When a step fails, what this run has created is deleted. To look at the blob between
two steps, run them apart: each run prints the container, the blob and the seed of
the content, to be given to the next one.

The account is named by one of -connection-string, -sas-url, and -account with -key.
`

// storageConfig is the command line of the storage job.
type storageConfig struct {
	account         Account
	container, blob string
	seed            string
	size, block     byteSize
	parallel        int
	timeout         time.Duration
}

// storage is the blob job.
func (e *Env) storage(ctx context.Context) error {
	c := &storageConfig{size: 32 << 20, block: 4 << 20}
	fs := e.newFlags("storage", "storage [flags] [step ...]", aboutStorage)
	fs.StringVar(&c.account.ConnectionString, "connection-string", "", "the account's connection `string` (default $"+storageConnectionVariable+")")
	fs.StringVar(&c.account.SASURL, "sas-url", "", "the account's blob `URL` with a shared access signature (default $"+storageSASVariable+")")
	fs.StringVar(&c.account.Name, "account", "", "the account's `name` (default $"+storageAccountVariable+")")
	fs.StringVar(&c.account.Key, "key", "", "the account's `key` (default $"+storageKeyVariable+")")
	fs.StringVar(&c.account.Endpoint, "endpoint", "", "its blob `URL`, where it is not the public one (default $"+storageEndpointVariable+")")
	fs.StringVar(&c.container, "container", "", "`name` of the container (default a random one)")
	fs.StringVar(&c.blob, "blob", "content.bin", "`name` of the blob")
	fs.StringVar(&c.seed, "seed", "", "`seed` of the content, as an earlier run printed it (default a random one)")
	fs.Var(&c.size, "size", "`size` of the content: bytes, or with KiB, MiB or GiB")
	fs.Var(&c.block, "block", "`size` of the pieces that are sent")
	fs.IntVar(&c.parallel, "parallel", 4, "how many pieces are under way at once")
	fs.DurationVar(&c.timeout, "timeout", 5*time.Minute, "time limit for the whole job, 0 for none")
	if err := e.parse(fs); err != nil {
		return err
	}
	job, err := e.storageJob(c, fs)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, c.timeout)
	defer cancel()
	return job.run(ctx)
}

// storageJob checks the command line and makes the job of it.
func (e *Env) storageJob(c *storageConfig, fs *flag.FlagSet) (*storageJob, error) {
	wrong := func(text string) (*storageJob, error) { return nil, &usageError{text, fs} }
	known := storageSteps()
	names := fs.Args()
	if len(names) == 0 {
		for _, s := range known {
			names = append(names, s.name)
		}
	}
	j := &storageJob{env: e, container: c.container, blob: c.blob, size: int64(c.size), block: int64(c.block), parallel: c.parallel}
	uploads, compares := false, false
	for _, name := range names {
		s := find(known, name)
		if s == nil {
			return wrong("there is no step named " + strconv.Quote(name))
		}
		j.steps = append(j.steps, *s)
		compares = compares || s.compares && !uploads
		uploads = uploads || name == "upload"
	}
	switch {
	case c.seed == "" && compares:
		return wrong("to compare what an earlier run has sent takes its -seed")
	case c.container == "" && names[0] != "create":
		return wrong("no container: set -container, or begin with create")
	case c.parallel < 1 || c.parallel > 64:
		return wrong("-parallel has to be between 1 and 64")
	case c.blob == "":
		return wrong("no blob: set -blob")
	}
	var err error
	if j.seed = NewSeed(); c.seed != "" {
		if j.seed, err = ParseSeed(c.seed); err != nil {
			return wrong(err.Error())
		}
	}
	if j.container == "" {
		var b [6]byte
		rand.Read(b[:])
		j.container, j.random = "isohttp-"+hex.EncodeToString(b[:]), true
	}
	if err := e.resolve(&c.account); err != nil {
		return wrong(err.Error())
	}
	if j.store, err = NewStore(c.account, &policy.ClientOptions{Transport: e.Transport}); err != nil {
		return wrong(err.Error())
	}
	return j, nil
}

// resolve completes the account from the environment. The way that the command line
// chose holds; the environment chooses only when it did not.
func (e *Env) resolve(a *Account) error {
	if a.ConnectionString == "" && a.SASURL == "" && a.Name == "" {
		a.ConnectionString = e.Getenv(storageConnectionVariable)
		a.SASURL = e.Getenv(storageSASVariable)
		a.Name = e.Getenv(storageAccountVariable)
	}
	ways := 0
	for _, way := range []string{a.ConnectionString, a.SASURL, a.Name} {
		if way != "" {
			ways++
		}
	}
	switch {
	case ways == 0:
		return fmt.Errorf("no account: set -connection-string, -sas-url or -account, or $%s, $%s or $%s",
			storageConnectionVariable, storageSASVariable, storageAccountVariable)
	case ways > 1:
		return fmt.Errorf("connection string, SAS URL and account name exclude each other")
	case a.Name == "":
		return nil
	}
	a.Key = cmp.Or(a.Key, e.Getenv(storageKeyVariable))
	a.Endpoint = cmp.Or(a.Endpoint, e.Getenv(storageEndpointVariable))
	if a.Key == "" {
		return fmt.Errorf("no key: set -key or $%s", storageKeyVariable)
	}
	return nil
}

// byteSize is a flag for a number of bytes.
type byteSize int64

// String returns the size in the largest unit that needs no fraction.
func (b *byteSize) String() string {
	n, unit := int64(*b), ""
	for _, u := range []string{"KiB", "MiB", "GiB"} {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, unit = n/1024, u
	}
	return strconv.FormatInt(n, 10) + unit
}

// Set reads a number, with a unit or without.
func (b *byteSize) Set(text string) error {
	shift := 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			text, shift = number, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 1 || n > 1<<40>>shift {
		return fmt.Errorf("not a number of bytes between 1 and 1024GiB")
	}
	*b = byteSize(n << shift)
	return nil
}
