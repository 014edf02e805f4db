// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// NodeVariable names the Node to use, instead of the first in PATH.
const NodeVariable = "ISOHTTP_NODE"

const nodeMajor = 20

// FindNode returns the path of Node and its version. An error says how to get one.
func FindNode(ctx context.Context) (path, version string, err error) {
	name := os.Getenv(NodeVariable)
	if name == "" {
		name = "node"
	}
	path, err = exec.LookPath(name)
	if err != nil {
		return "", "", fmt.Errorf("install Node %d or newer (Debian: apt-get install nodejs npm)", nodeMajor)
	}
	out, err := Output(Command(ctx, "", nil, path, "--version"))
	if err != nil {
		return "", "", err
	}
	version = strings.TrimPrefix(strings.TrimSpace(out), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < nodeMajor {
		return "", "", fmt.Errorf("this Node is %s, install %d or newer", version, nodeMajor)
	}
	return path, version, nil
}
