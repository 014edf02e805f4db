// SPDX-License-Identifier: MIT

package wazerohost

import (
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// version is the one of every interface. All later 0.2 versions have what 0.2.0 has, so
// guests import the oldest.
const version = "@0.2.0"

// hostInterface is one host module.
type hostInterface struct {
	name  string
	funcs []function
}

// function is one host function. Its arguments and result are on the stack, flattened
// by the canonical ABI.
type function struct {
	name            string
	params, results []api.ValueType
	call            func(g *guest, stack []uint64)
}

// fn describes a function. In sig, i is an i32 and I an i64, and what follows the
// arrow is the result.
func fn(name, sig string, call func(*guest, []uint64)) function {
	params, results, _ := strings.Cut(sig, ">")
	return function{name: name, params: valueTypes(params), results: valueTypes(results), call: call}
}

func valueTypes(sig string) []api.ValueType {
	var types []api.ValueType
	for _, c := range sig {
		switch c {
		case 'i':
			types = append(types, api.ValueTypeI32)
		case 'I':
			types = append(types, api.ValueTypeI64)
		}
	}
	return types
}

func interfaces() []hostInterface {
	return []hostInterface{
		{"wasi:io/error" + version, errorFuncs()},
		{"wasi:io/poll" + version, pollFuncs()},
		{"wasi:io/streams" + version, append(inputFuncs(), outputFuncs()...)},
		{"wasi:clocks/monotonic-clock" + version, clockFuncs()},
		{"wasi:http/types" + version, typesFuncs()},
		{"wasi:http/outgoing-handler" + version, handlerFuncs()},
	}
}

func typesFuncs() []function {
	var all []function
	for _, part := range [][]function{
		fieldsFuncs(), requestFuncs(), optionsFuncs(), outgoingBodyFuncs(),
		responseFuncs(), incomingBodyFuncs(), trailersFuncs(), errorCodeFuncs(),
	} {
		all = append(all, part...)
	}
	return all
}
