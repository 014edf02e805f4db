// SPDX-License-Identifier: MIT

package component

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cacheFormat changes when components are made in another way from the same parts.
const cacheFormat = "isohttp component 1"

// keepUnused is how long a component that nobody uses is kept.
const keepUnused = 7 * 24 * time.Hour

// cacheDir is the project's folder in the user's cache.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for cached files: %w", err)
	}
	return filepath.Join(dir, "isohttp"), nil
}

// cacheKey is a hash of everything that determines a component.
func cacheKey(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(cacheFormat)}, parts...) {
		sum := sha256.Sum256(part) // so that the borders of the parts count
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// cached reports whether path holds a component, and marks it as used.
func cached(path string) bool {
	file, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	if m, err := Inspect(file); err != nil || !m.Component {
		return false
	}
	now := time.Now()
	os.Chtimes(path, now, now) // only the age of the file depends on it
	return true
}

// trim removes what has not been used for a week, and what killed processes left.
func trim(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		age := time.Since(info.ModTime())
		if age > keepUnused || age > time.Hour && strings.HasSuffix(entry.Name(), ".tmp") {
			os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}
