// SPDX-License-Identifier: MIT

package main

import "testing"

func TestHello(t *testing.T) { t.Log("hello from a test") }
