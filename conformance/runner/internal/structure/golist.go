// SPDX-License-Identifier: MIT

package structure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// modulePath is the path of the root module.
const modulePath = "github.com/isohttp/isohttp"

// goosList are the systems on which rules are checked: one for each backend.
var goosList = []string{"linux", "js", "wasip1"}

// goCommand runs the go command in dir for goos and returns what it prints.
func goCommand(dir, goos string, args ...string) ([]byte, error) {
	goarch := "amd64"
	if goos == "js" || goos == "wasip1" {
		goarch = "wasm"
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s for %s: %w\n%s", strings.Join(args, " "), goos, err, stderr.Bytes())
	}
	return out, nil
}

// listed is what go list says of a package.
type listed struct {
	ImportPath     string
	Dir            string
	Name           string
	Standard       bool
	Imports        []string
	Deps           []string
	GoFiles        []string
	OtherFiles     []string `json:"SFiles"`
	IgnoredGoFiles []string
}

// goList returns the packages of patterns in the module in dir, as goos sees them.
func goList(dir, goos string, args ...string) ([]listed, error) {
	out, err := goCommand(dir, goos, append([]string{"list", "-e", "-json=ImportPath,Dir,Name,Standard,Imports,Deps,GoFiles,SFiles,IgnoredGoFiles"}, args...)...)
	if err != nil {
		return nil, err
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}
