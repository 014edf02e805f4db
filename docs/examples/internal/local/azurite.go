// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Azurite is one account with its three services.
type Azurite struct {
	Account, Key       string
	Blob, Queue, Table string // endpoints, with the account in their path
}

// StartAzurite starts blob, queue and table service with an account of that name and a key
// of this run. No page can use them before their CORS rules are set. Without Node or npm
// the error is a *Missing.
func (h *Host) StartAzurite(ctx context.Context, account string) (*Azurite, error) {
	a := newAzurite(account)
	s, err := h.runAzurite(ctx, a, grace, "--inMemoryPersistence", "--extentMemoryLimit", azuriteMemory)
	if err != nil {
		return nil, err
	}
	h.servers = append(h.servers, s)
	return a, nil
}

func newAzurite(account string) *Azurite {
	var secret [64]byte
	rand.Read(secret[:])
	return &Azurite{Account: account, Key: base64.StdEncoding.EncodeToString(secret[:])}
}

// runAzurite starts a process with the account of a and further arguments, and sets a's
// endpoints. The caller stops it; it then has delay to end by itself.
func (h *Host) runAzurite(ctx context.Context, a *Azurite, delay time.Duration, args ...string) (*server, error) {
	node, _, err := FindNode(ctx)
	if err != nil {
		return nil, &Missing{err}
	}
	blobEntry, err := h.installAzurite(ctx)
	if err != nil {
		return nil, err
	}
	entry := filepath.Join(filepath.Dir(filepath.Dir(blobEntry)), "azurite.js")
	var s *server
	err = h.Log.Step("starting Azurite with all services", nil, func() error {
		var addresses azuriteAddresses
		started, all, err := start(ctx, h.Log, "azurite", func(ctx context.Context) *exec.Cmd {
			cmd := Command(ctx, h.Dir, []string{"AZURITE_ACCOUNTS=" + a.Account + ":" + a.Key}, node, append([]string{entry,
				"--silent", "--skipApiVersionCheck", "--disableTelemetry",
				"--blobHost", "127.0.0.1", "--blobPort", "0",
				"--queueHost", "127.0.0.1", "--queuePort", "0",
				"--tableHost", "127.0.0.1", "--tablePort", "0"}, args...)...)
			cmd.WaitDelay = delay
			return cmd
		}, addresses.add)
		if err != nil {
			return err
		}
		s = started
		fields := strings.Fields(all)
		a.Blob, a.Queue, a.Table = fields[0]+"/"+a.Account, fields[1]+"/"+a.Account, fields[2]+"/"+a.Account
		return nil
	})
	return s, err
}

// azuriteAddresses collects what Azurite says about its services until all of them listen.
type azuriteAddresses struct{ blob, queue, table string }

// add looks at a line of Azurite's and returns the three addresses once they are known.
func (a *azuriteAddresses) add(line string) string {
	service, address, ok := strings.Cut(line, " service is successfully listening at ")
	if !ok {
		return ""
	}
	switch address = strings.TrimSpace(address); service {
	case "Azurite Blob":
		a.blob = address
	case "Azurite Queue":
		a.queue = address
	case "Azurite Table":
		a.table = address
	}
	if a.blob == "" || a.queue == "" || a.table == "" {
		return ""
	}
	return a.blob + " " + a.queue + " " + a.table
}
