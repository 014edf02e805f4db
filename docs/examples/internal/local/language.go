// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"strings"
)

// Language is a language service that runs.
type Language struct{ Endpoint, Key string }

// StartLanguage builds and starts the language service, with a key of this run.
func (h *Host) StartLanguage(ctx context.Context) (*Language, error) {
	binary := filepath.Join(h.Dir, Exe("langserver"))
	if err := h.BuildHere(ctx, "the language service", filepath.Join(h.Tree.Examples, "langserver"), binary, "."); err != nil {
		return nil, err
	}
	var secret [16]byte
	rand.Read(secret[:])
	l := &Language{Key: hex.EncodeToString(secret[:])}
	err := h.Log.Step("starting the language service", nil, func() error {
		s, address, err := start(ctx, h.Log, "langserver", func(ctx context.Context) *exec.Cmd {
			return Command(ctx, h.Dir, []string{"LANGSERVER_KEY=" + l.Key}, binary, "-stop-on-eof")
		}, func(line string) string {
			if strings.HasPrefix(line, "http://") {
				return line
			}
			return ""
		})
		if err == nil {
			h.servers, l.Endpoint = append(h.servers, s), address
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}
