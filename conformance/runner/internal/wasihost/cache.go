// SPDX-License-Identifier: MIT

package wasihost

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tetratelabs/wazero"
)

// cacheLimit bounds the compiled code that is kept, in bytes. A test binary compiles to
// some 40 MB, and every change of it leaves another one.
const cacheLimit = 3 << 30

// openCache opens the cache of compiled modules, in the user's folder for caches. wazero
// looks modules up by their content. The oldest go first when there are too many.
func openCache() (wazero.CompilationCache, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir() // no home folder, as in some containers
	}
	dir := filepath.Join(base, "isohttp", "wazero")
	if err := prune(dir, cacheLimit); err != nil {
		return nil, err
	}
	return wazero.NewCompilationCacheWithDir(dir)
}

// prune removes the oldest files under dir until the rest has at most limit bytes.
// Other runners may do the same at the same time: a file that is gone is no error.
func prune(dir string, limit int64) error {
	type file struct {
		path string
		info fs.FileInfo
	}
	var files []file
	var total int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignoreGone(err)
		}
		files = append(files, file{path, info})
		total += info.Size()
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b file) int { return a.info.ModTime().Compare(b.info.ModTime()) })
	for _, f := range files {
		if total <= limit {
			break
		}
		if err := ignoreGone(os.Remove(f.path)); err != nil {
			return err
		}
		total -= f.info.Size()
	}
	return nil
}

func ignoreGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
