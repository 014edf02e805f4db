// SPDX-License-Identifier: MIT

package conformance_test

import (
	"syscall/js"
)

// brokenFetch returns a fetch function that does not do what it should; nil for none.
func brokenFetch(how string) any {
	reject := func(reason any) any { return js.Global().Get("Promise").Call("reject", reason) }
	switch how {
	case "missing":
		return js.Undefined()
	case "throws":
		return js.Global().Get("Function").Get("prototype").Get("call").Call("bind", js.Null())
	case "rejects":
		return js.FuncOf(func(js.Value, []js.Value) any { return reject("not an Error") }).Value
	}
	return nil
}
