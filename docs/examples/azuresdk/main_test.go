// SPDX-License-Identifier: MIT

package azuresdk

import (
	"fmt"
	"os"
	"testing"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/settings"
)

// withServices is how to run these tests where they cannot start the services.
const withServices = "go run ./azuresdk/cmd/withservices -- go test ./azuresdk (in docs/examples, with GOOS and -exec of the platform)"

// where has the services' addresses. It is set before the tests start.
var where settings.Settings

func TestMain(m *testing.M) {
	s, stop, err := services()
	if err != nil {
		fmt.Fprintf(os.Stderr, "the services of these tests are not there: %v\nrun: %s\n", err, withServices)
		os.Exit(1)
	}
	where = s
	status := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the services:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}
