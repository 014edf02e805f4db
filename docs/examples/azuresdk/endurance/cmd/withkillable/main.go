// SPDX-License-Identifier: MIT

// Command withkillable starts the storage account of the endurance test and runs a command
// with its address in the environment:
//
//	go run ./azuresdk/endurance/cmd/withkillable -- go test ./azuresdk/endurance
//
// It is run in the folder docs/examples or below. When the command has ended, the account
// is removed. It exits with the command's status, with 1 when there is no account, and with
// 2 for a wrong command line.
package main

import (
	"context"
	"os"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/killable"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

func main() {
	local.RunBeside("withkillable", "Runs a command with a storage account beside it that can be killed.",
		func(ctx context.Context) (local.Beside, error) {
			store, err := killable.Start(ctx, os.Stderr)
			if err != nil {
				return local.Beside{}, err
			}
			return local.Beside{Environ: store.Account().Environ(), Close: store.Close}, nil
		})
}
