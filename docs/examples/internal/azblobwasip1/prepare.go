// SPDX-License-Identifier: MIT

package azblobwasip1

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the module that is prepared.
const Module = "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

// addedFile is where the missing file goes.
var addedFile = filepath.Join("internal", "shared", "mmf_wasip1.go")

// added declares what the module's other files of that name declare, over the heap, which
// is all the memory that a WebAssembly program has.
const added = `// SPDX-License-Identifier: MIT

package shared

// Mmb is a buffer of the upload pool, from the heap on this target.
type Mmb []byte

// NewMMB returns a buffer of n bytes.
func NewMMB(n int64) (Mmb, error) { return make(Mmb, n), nil }

// Delete gives the buffer back.
func (m *Mmb) Delete() { *m = nil }
`

// Prepare prepares the version that the main module in folder dir requires, and returns
// the path of the go.mod to build with. It downloads the module where the module cache
// lacks it. What is prepared already is used again; runs at the same time do not
// disturb each other.
func Prepare(ctx context.Context, dir string) (modfile string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return prepare(ctx, dir, filepath.Join(cache, "isohttp", "azblob-wasip1"))
}

// prepare is Prepare with the folder to work in.
func prepare(ctx context.Context, dir, cache string) (string, error) {
	source, version, err := locate(ctx, dir)
	if err != nil {
		return "", err
	}
	// The key has all that the copy is made of.
	key := fmt.Sprintf("%s-%x", version, sha256.Sum256([]byte(added)))[:len(version)+9]
	target := filepath.Join(cache, key)
	if err := once(target, func(tmp string) error { return fill(tmp, source) }); err != nil {
		return "", err
	}
	return writeModfile(dir, cache, target)
}

// locate finds the module in the module cache.
func locate(ctx context.Context, dir string) (folder, version string, err error) {
	listed, err := goCommand(ctx, dir, "list", "-m", "-f", "{{.Version}}", Module)
	if err != nil {
		return "", "", err
	}
	version = strings.TrimSpace(string(listed))
	out, err := goCommand(ctx, dir, "mod", "download", "-json", Module+"@"+version)
	if err != nil {
		return "", "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return "", "", fmt.Errorf("go mod download: %w", err)
	}
	return module.Dir, version, nil
}

// goCommand runs the go command for this machine, whatever the caller is building for.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=", "GOARCH=", "GOFLAGS=", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// once makes a folder, all of it or none: it is filled under another name.
func once(target string, fill func(tmp string) error) error {
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	parent := filepath.Dir(target)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(parent, "making-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := fill(tmp); err != nil {
		return err
	}
	err = os.Rename(tmp, target)
	if _, there := os.Stat(target); there == nil {
		return nil // made by this call, or by another one meanwhile
	}
	return err
}

// fill copies the module without its tests and adds the missing file. A version that has
// the file must not get a second declaration.
func fill(tmp, source string) error {
	if err := copyTree(tmp, source); err != nil {
		return err
	}
	name := filepath.Join(tmp, addedFile)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s has %s already: this package is no longer needed", Module, filepath.ToSlash(addedFile))
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(added)
	return errors.Join(err, f.Close())
}

func copyTree(target, source string) error {
	return filepath.WalkDir(source, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(source, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(target, rel), 0o755)
		case strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(target, rel), content, 0o644)
	})
}

// writeModfile writes a go.mod with the replacement, and the go.sum that the go command
// looks for beside it. Their name is made from what is in them.
func writeModfile(dir, cache, target string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return "", err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => %s\n", Module, strconv.Quote(target))
	h := sha256.New()
	h.Write(mod)
	h.Write(sum)
	base := filepath.Join(cache, fmt.Sprintf("examples-%x", h.Sum(nil)[:8]))
	// The sum first: a go.mod that is there has its go.sum.
	if err := writeFile(base+".sum", sum); err != nil {
		return "", err
	}
	return base + ".mod", writeFile(base+".mod", mod)
}

// writeFile writes a file that other processes see whole or not at all.
func writeFile(name string, content []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), "making-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
