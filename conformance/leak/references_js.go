// SPDX-License-Identifier: MIT

package leak

import (
	"sync"
	"syscall/js"
)

// ids is the table of values that Go refers to, in the object that runs this program.
var ids struct {
	once  sync.Once
	table js.Value
}

// references returns the number of JavaScript values that Go refers to.
func references() int {
	ids.once.Do(func() { ids.table = findTable() })
	if ids.table.Type() != js.TypeObject {
		return None
	}
	return ids.table.Get("size").Int()
}

// handles returns None: there is no WASI host.
func handles() int { return None }

// findTable finds the table by a call that syscall/js makes on the object with it. What is
// looked at is no part of any interface; wasm_exec.js comes with the toolchain.
func findTable() js.Value {
	class := js.Global().Get("Go")
	if class.Type() != js.TypeFunction {
		return js.Undefined()
	}
	const name = "_makeFuncWrapper"
	prototype := class.Get("prototype")
	original := prototype.Get(name)
	var found js.Value
	spy := js.FuncOf(func(this js.Value, args []js.Value) any {
		found = this
		return original.Call("call", this, args[0])
	})
	prototype.Set(name, spy)
	js.FuncOf(func(js.Value, []js.Value) any { return nil }).Release()
	prototype.Set(name, original)
	spy.Release()
	if found.Type() != js.TypeObject {
		return js.Undefined()
	}
	return found.Get("_ids")
}
