// SPDX-License-Identifier: MIT

package leak_test

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	stop, err := elsewhere()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the origin:", err)
		os.Exit(1)
	}
	status := m.Run()
	stop()
	os.Exit(status)
}
