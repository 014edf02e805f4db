// SPDX-License-Identifier: MIT

package endurance

import (
	"fmt"
	"os"
	"testing"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/where"
)

// withAccount is how to run the test where it cannot start the account.
const withAccount = "go run ./azuresdk/endurance/cmd/withkillable -- go test ./azuresdk/endurance (in docs/examples, with GOOS and -exec of the platform)"

// account is set before the test starts.
var account where.Account

func TestMain(m *testing.M) {
	a, stop, err := open()
	if err != nil {
		fmt.Fprintf(os.Stderr, "there is no storage account: %v\nrun: %s\n", err, withAccount)
		os.Exit(1)
	}
	account = a
	status := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the account:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}
