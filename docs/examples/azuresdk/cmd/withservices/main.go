// SPDX-License-Identifier: MIT

// Command withservices starts the services that the tests of package azuresdk need and
// runs a command with their addresses in its environment:
//
//	go run ./azuresdk/cmd/withservices -- go test ./azuresdk
//
// It is run in the folder docs/examples or below. When the command has ended, the services
// are stopped. It exits with the command's status, with 1 when there are no services, and
// with 2 for a wrong command line.
package main

import (
	"context"
	"os"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/services"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

func main() {
	local.RunBeside("withservices", "Runs a command with Azurite, an authority and a vault beside it.",
		func(ctx context.Context) (local.Beside, error) {
			s, err := services.Start(ctx, "withservices", os.Stderr)
			if err != nil {
				return local.Beside{}, err
			}
			return local.Beside{Environ: s.Settings().Environ(), Close: s.Close}, nil
		})
}
