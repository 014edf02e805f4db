// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// Azurite is the blob store of the demo, from npm.
const (
	azuriteVersion = "3.37.0"
	azuriteAccount = "demo"
	azuriteMemory  = "2048" // MiB that blobs may take
)

// installAzurite installs Azurite into the user's cache folder, once, and returns its
// start file.
func (d *demo) installAzurite(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "isohttp", "azurite-"+azuriteVersion)
	entry := filepath.Join(dir, "node_modules", "azurite", "dist", "src", "blob", "main.js")
	if _, err := os.Stat(entry); err == nil {
		return entry, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", &missing{fmt.Errorf("install npm (Debian: apt-get install npm)")}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	err = d.log.step("installing Azurite "+azuriteVersion+" (once, 370 MB)", nil, func() error {
		_, err := output(command(ctx, tmp, nil, npm, "install", "--prefix", tmp, "--no-audit", "--no-fund",
			"--no-update-notifier", "--ignore-scripts", "--loglevel=error", "azurite@"+azuriteVersion))
		return err
	})
	if err != nil {
		return "", err
	}
	// A folder that is half there, from an older run that was killed, makes way.
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return entry, os.Rename(tmp, dir)
}

// startAzurite starts the store with a key of this run, lets pages use it, and returns
// how to reach it.
func (d *demo) startAzurite(ctx context.Context) (*app.Account, error) {
	node, _, err := findNode(ctx)
	if err != nil {
		return nil, &missing{err}
	}
	entry, err := d.installAzurite(ctx)
	if err != nil {
		return nil, err
	}
	var secret [64]byte
	rand.Read(secret[:])
	account := &app.Account{Name: azuriteAccount, Key: base64.StdEncoding.EncodeToString(secret[:])}
	var address string
	err = d.log.step("starting Azurite", nil, func() error {
		s, a, err := start(ctx, d.log, "azurite", func(ctx context.Context) *exec.Cmd {
			return command(ctx, d.tmp, []string{"AZURITE_ACCOUNTS=" + account.Name + ":" + account.Key}, node, entry,
				"--silent", "--inMemoryPersistence", "--extentMemoryLimit", azuriteMemory, "--skipApiVersionCheck",
				"--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", "0")
		}, azuriteAddress)
		if err == nil {
			d.servers = append(d.servers, s)
			address = a
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	account.Endpoint = address + "/" + account.Name
	return account, allowPages(ctx, account)
}

// azuriteAddress finds the address in a line of Azurite's.
func azuriteAddress(line string) string {
	if _, address, ok := strings.Cut(line, "successfully listens on "); ok {
		return strings.TrimSpace(address)
	}
	return ""
}

// allowPages sets the store's CORS rules: a page can use a store only once a program that
// is not a page has said so. An account in the cloud would name its pages' origins.
func allowPages(ctx context.Context, account *app.Account) error {
	client, err := nativeClient(account)
	if err != nil {
		return err
	}
	_, err = client.ServiceClient().SetProperties(ctx, &service.SetPropertiesOptions{
		CORS: []*service.CORSRule{{
			AllowedOrigins:  to.Ptr("*"),
			AllowedMethods:  to.Ptr("GET,HEAD,PUT,POST,DELETE,OPTIONS"),
			AllowedHeaders:  to.Ptr("*"),
			ExposedHeaders:  to.Ptr("*"),
			MaxAgeInSeconds: to.Ptr(int32(600)),
		}},
	})
	return err
}
