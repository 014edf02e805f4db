// SPDX-License-Identifier: MIT

package component

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ToolsVariable names the variable that says where the component tools are: a folder
// with node_modules/@bytecodealliance/jco, a wasm-tools program, or both.
const ToolsVariable = "ISOHTTP_COMPONENT_TOOLS"

// Tools are the component tools of a machine. An empty field means not found.
type Tools struct {
	// Node is the node program, and Jco the folder of the npm package
	// @bytecodealliance/jco.
	Node, Jco string
	// JcoVersion is the version of that package.
	JcoVersion string
	// WasmTools is the wasm-tools program.
	WasmTools string
	// WasmToolsVersion is its version.
	WasmToolsVersion string
}

// FindTools looks for the component tools: in dir if that is not empty, else in the
// folder that ToolsVariable names, else where Install puts them, then in node_modules
// of the working folder and of those above it, then on the PATH. A jco of the pinned
// version is preferred to others. Finding nothing is not an error here.
func FindTools(ctx context.Context, dir string) *Tools {
	t := new(Tools)
	t.Node, _ = exec.LookPath("node")
	if dir == "" {
		dir = os.Getenv(ToolsVariable)
	}
	if dir != "" {
		t.findJco(dir)
		for _, name := range []string{dir, filepath.Join(dir, "bin")} {
			if t.WasmTools == "" {
				t.WasmTools, _ = exec.LookPath(filepath.Join(name, "wasm-tools"))
			}
		}
	} else {
		for _, place := range usualPlaces() {
			t.findJco(place)
		}
		t.WasmTools, _ = exec.LookPath("wasm-tools")
	}
	if t.WasmTools != "" {
		out, err := exec.CommandContext(ctx, t.WasmTools, "--version").Output()
		if fields := strings.Fields(string(out)); err == nil && len(fields) >= 2 {
			t.WasmToolsVersion = fields[1]
		} else {
			t.WasmTools = "" // not the program that we know
		}
	}
	return t
}

// usualPlaces are the folders in which jco may be, the best first.
func usualPlaces() []string {
	var places []string
	if dir, err := toolsDir(); err == nil {
		places = append(places, dir)
	}
	if dir, err := os.Getwd(); err == nil {
		for ; ; dir = filepath.Dir(dir) {
			places = append(places, dir)
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if jco, err := exec.LookPath("jco"); err == nil {
		// npm links the program to a file inside the package.
		if real, err := filepath.EvalSymlinks(jco); err == nil {
			places = append(places, filepath.Dir(filepath.Dir(real)))
		}
	}
	return places
}

// findJco takes the jco in or at dir, unless a better one is there already.
func (t *Tools) findJco(dir string) {
	if t.JcoVersion == JcoVersion {
		return
	}
	for _, pkg := range []string{filepath.Join(dir, "node_modules", "@bytecodealliance", "jco"), dir} {
		data, err := os.ReadFile(filepath.Join(pkg, "package.json"))
		if err != nil {
			continue
		}
		var about struct{ Name, Version string }
		if json.Unmarshal(data, &about) != nil || about.Name != "@bytecodealliance/jco" {
			continue
		}
		if t.Jco == "" || about.Version == JcoVersion {
			t.Jco, t.JcoVersion = pkg, about.Version
		}
		return
	}
}

// The names of the encoders, for [Options].Encoder.
const (
	EncoderJco       = "jco"
	EncoderWasmTools = "wasm-tools"
)

// encoder returns the encoder to use, with its version.
func (t *Tools) encoder(want string) (name, version string, err error) {
	hasJco := t.Jco != "" && t.Node != ""
	switch {
	case hasJco && want != EncoderWasmTools:
		return EncoderJco, t.JcoVersion, nil
	case t.WasmTools != "" && want != EncoderJco:
		return EncoderWasmTools, t.WasmToolsVersion, nil
	case want != "" && want != EncoderJco && want != EncoderWasmTools:
		return "", "", faultf(ErrNoTools, "unknown component encoder %q: want jco or wasm-tools", want)
	case t.Jco != "" && want != EncoderWasmTools:
		return "", "", faultf(ErrNoTools, "jco is here, but the node program that runs it is not on the PATH: install Node 20 or later")
	}
	return "", "", faultf(ErrNoTools, "no component tools found: run gocomponent tools -install (needs node and npm), or npm install @bytecodealliance/jco@%s in this folder, or cargo install wasm-tools --locked", JcoVersion)
}

// adapterPath returns the file of the adapter for the form.
func (t *Tools) adapterPath(form Form) (string, error) {
	if t.Jco == "" {
		return "", faultf(ErrNoTools, "wasm-tools is here, but not the preview 1 adapter, which jco %s ships: run gocomponent tools -install, or name the file with -adapter", JcoVersion)
	}
	return filepath.Join(t.Jco, "lib", form.adapter()), nil
}

// Check returns nil when components can be made with these tools, and with the adapters
// that this package knows. It returns the encoder that would be used.
func (t *Tools) Check() (encoder string, err error) {
	name, version, err := t.encoder("")
	if err != nil {
		return "", err
	}
	for _, form := range []Form{FormCommand, FormExe} {
		path, err := t.adapterPath(form)
		if err != nil {
			return "", err
		}
		if _, err := readAdapter(path, form, false); err != nil {
			return "", err
		}
	}
	return name + " " + version, nil
}
