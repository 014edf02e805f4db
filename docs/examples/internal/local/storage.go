// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/isohttp/isohttp/docs/examples/portable/app"
	"github.com/isohttp/isohttp/transport/azure"
)

// Azurite, from npm, is the blob store.
const (
	azuriteVersion = "3.37.0"
	azuriteMemory  = "2048" // MiB that blobs may take

	// stopOnEOF ends Azurite with its standard input, as when this process dies.
	stopOnEOF = `data:text/javascript,process.stdin.resume().on("end",()=>process.exit())`
)

// StartStorage starts a blob store with an account of each name, with keys of this run. No
// page can use them before AllowPages. Without Node or npm the error is a *Missing.
func (h *Host) StartStorage(ctx context.Context, names ...string) ([]*app.Account, error) {
	node, _, err := FindNode(ctx)
	if err != nil {
		return nil, &Missing{err}
	}
	entry, err := h.installAzurite(ctx)
	if err != nil {
		return nil, err
	}
	var accounts []*app.Account
	var variable []string
	for _, name := range names {
		var secret [64]byte
		rand.Read(secret[:])
		a := &app.Account{Name: name, Key: base64.StdEncoding.EncodeToString(secret[:])}
		accounts, variable = append(accounts, a), append(variable, a.Name+":"+a.Key)
	}
	err = h.Log.Step("starting Azurite", nil, func() error {
		s, address, err := start(ctx, h.Log, "azurite", func(ctx context.Context) *exec.Cmd {
			return Command(ctx, h.Dir, []string{"AZURITE_ACCOUNTS=" + strings.Join(variable, ";")}, node, "--import", stopOnEOF, entry,
				"--silent", "--inMemoryPersistence", "--extentMemoryLimit", azuriteMemory, "--skipApiVersionCheck",
				"--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", "0")
		}, azuriteAddress)
		if err != nil {
			return err
		}
		h.servers = append(h.servers, s)
		for _, a := range accounts {
			a.Endpoint = address + "/" + a.Name
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// azuriteAddress finds the address in a line of Azurite's.
func azuriteAddress(line string) string {
	if _, address, ok := strings.Cut(line, "successfully listens on "); ok {
		return strings.TrimSpace(address)
	}
	return ""
}

// installAzurite installs Azurite into the user's cache folder, once, and returns its
// start file.
func (h *Host) installAzurite(ctx context.Context) (string, error) {
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
		return "", &Missing{fmt.Errorf("install npm (Debian: apt-get install npm)")}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	err = h.Log.Step("installing Azurite "+azuriteVersion+" (once, 370 MB)", nil, func() error {
		_, err := Output(Command(ctx, tmp, nil, npm, "install", "--prefix", tmp, "--no-audit", "--no-fund",
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

// NativeClient is a way to the store that does not go through isohttp: what checks must not
// check itself.
func NativeClient(a *app.Account) (*azblob.Client, error) {
	cred, err := azblob.NewSharedKeyCredential(a.Name, a.Key)
	if err != nil {
		return nil, err
	}
	return azblob.NewClientWithSharedKeyCredential(a.Endpoint, cred, &azblob.ClientOptions{
		ClientOptions: policy.ClientOptions{Transport: http.DefaultClient},
	})
}

// AllowPages sets an account's CORS rules for pages of these origins, or of all for "*". A
// page can use a store only once a program that is not a page has said so.
func AllowPages(ctx context.Context, a *app.Account, origins string) error {
	client, err := NativeClient(a)
	if err != nil {
		return err
	}
	rule := azure.BlobRule(origins)
	_, err = client.ServiceClient().SetProperties(ctx, &service.SetPropertiesOptions{
		CORS: []*service.CORSRule{{
			AllowedOrigins:  to.Ptr(origins),
			AllowedMethods:  to.Ptr(strings.Join(rule.AllowedMethods, ",")),
			AllowedHeaders:  to.Ptr(strings.Join(rule.AllowedHeaders, ",")),
			ExposedHeaders:  to.Ptr(strings.Join(rule.ExposedHeaders, ",")),
			MaxAgeInSeconds: to.Ptr(int32(rule.MaxAge.Seconds())),
		}},
	})
	return err
}
