// SPDX-License-Identifier: MIT

package structure

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// goMod is what go mod edit -json says of a go.mod file.
type goMod struct {
	Module  struct{ Path string }
	Require []struct {
		Path     string
		Indirect bool
	}
	Replace []struct {
		Old, New struct{ Path string }
	}
}

// readMod reads the go.mod file in dir.
func readMod(dir string) (m goMod, err error) {
	out, err := goCommand(dir, "linux", "mod", "edit", "-json")
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// rootRequires are the modules that the root may require: whatever it requires is in the
// build list of every user, for version selection and for scanners.
func rootRequires() []string {
	return []string{
		"github.com/Azure/azure-sdk-for-go/sdk/azcore",
		"github.com/google/go-cmp",
		"github.com/hashicorp/go-retryablehttp",
	}
}

// checkRootMod returns what is wrong with the go.mod file of the root.
func checkRootMod(m goMod) (faults []string) {
	for _, r := range m.Require {
		if !r.Indirect && !slices.Contains(rootRequires(), r.Path) {
			faults = append(faults, fmt.Sprintf("the root requires %s: heavy things live in nested modules", r.Path))
		}
	}
	for _, r := range m.Replace {
		faults = append(faults, fmt.Sprintf("the root replaces %s: users of the module do not get the replacement", r.Old.Path))
	}
	return faults
}

// checkNestedMod returns what is wrong with the go.mod file of a nested module.
func checkNestedMod(dir string, m goMod) (faults []string) {
	if want := modulePath + "/" + filepath.ToSlash(dir); m.Module.Path != want {
		faults = append(faults, fmt.Sprintf("%s: the module's path is %s, want %s: the go command looks for it there", dir, m.Module.Path, want))
	}
	for _, r := range m.Replace {
		if !strings.HasPrefix(r.New.Path, "../") {
			faults = append(faults, fmt.Sprintf("%s: replaces %s by %s: only parts of this repository are replaced, by relative paths", dir, r.Old.Path, r.New.Path))
		}
	}
	return faults
}
