// SPDX-License-Identifier: MIT

// Package where is how the endurance test learns where its storage account is. It is a
// package of its own so that a guest links nothing of what starts the account.
package where

import (
	"encoding/json"
	"fmt"
	"os"
)

// Variable has the account. The programs that run guests pass on what begins with ISOHTTP_.
const Variable = "ISOHTTP_ENDURANCE"

// Account is a storage account that can be killed.
type Account struct {
	Name, Key          string
	Blob, Queue, Table string // endpoints
	// Control is the base address of what kills and starts: POST Control/kill, and
	// GET Control/state, which waits until the account serves and answers with a State.
	Control string
}

// State is what has become of the account so far.
type State struct {
	Kills int    // that are over
	Err   string // why it does not serve
}

// Environ returns a as variables, "NAME=value".
func (a Account) Environ() []string {
	text, err := json.Marshal(a)
	if err != nil { // a struct of strings
		panic(err)
	}
	return []string{Variable + "=" + string(text)}
}

// FromEnviron returns the account of this process.
func FromEnviron() (a Account, err error) {
	text := os.Getenv(Variable)
	if text == "" {
		return a, fmt.Errorf("not set: %s", Variable)
	}
	return a, json.Unmarshal([]byte(text), &a)
}
