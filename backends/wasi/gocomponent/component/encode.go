// SPDX-License-Identifier: MIT

package component

import (
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
)

//go:embed embed.mjs
var jcoScript string

// job is one run of an encoder: all are paths of files, but for World.
type job struct {
	Core    string `json:"core"`
	WIT     string `json:"wit"`
	World   string `json:"world"`
	Adapter string `json:"adapter"`
	Out     string `json:"out"`

	embedded string // wasm-tools: the file between its two steps
}

// encodeJco runs jco's encoder in node. The script goes in by standard input, and its
// imports are looked up from jco's own folder, so it works wherever jco is.
func (t *Tools) encodeJco(ctx context.Context, j job) error {
	description, err := json.Marshal(j)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, t.Node, "--input-type=module", "-")
	cmd.Dir = t.Jco
	cmd.Stdin = strings.NewReader(jcoScript)
	cmd.Env = append(os.Environ(), "ISOHTTP_COMPONENT_JOB="+string(description))
	return runEncoder(cmd, EncoderJco)
}

// encodeWasmTools runs the wasm-tools program, once for each step and once to validate.
func (t *Tools) encodeWasmTools(ctx context.Context, j job) error {
	for _, args := range [][]string{
		{"component", "embed", "--world", j.World, j.WIT, j.Core, "-o", j.embedded},
		{"component", "new", j.embedded, "--adapt", preview1 + "=" + j.Adapter, "-o", j.Out},
		{"validate", "--features", "component-model", j.Out},
	} {
		if err := runEncoder(exec.CommandContext(ctx, t.WasmTools, args...), EncoderWasmTools+" "+args[0]+" "+args[1]); err != nil {
			return err
		}
	}
	return nil
}

func runEncoder(cmd *exec.Cmd, name string) error {
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	if text == "" {
		text = err.Error()
	}
	const enough = 600
	if len(text) > enough {
		text = "..." + text[len(text)-enough:]
	}
	return faultf(ErrEncode, "%s made no component: %s", name, text)
}
