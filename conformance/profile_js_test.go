// SPDX-License-Identifier: MIT

package conformance_test

import (
	"syscall/js"
)

// brokenFetch returns a fetch function that does not do what it should; nil for none.
func brokenFetch(how string) any {
	reject := func(reason any) any { return js.Global().Get("Promise").Call("reject", reason) }
	switch how {
	case "throws":
		return js.Global().Get("Function").Get("prototype").Get("call").Call("bind", js.Null())
	case "rejects":
		return js.FuncOf(func(js.Value, []js.Value) any { return reject("not an Error") }).Value
	}
	return nil
}

// withoutFetch takes the platform's fetch away if that is what is asked for, and returns what
// gives it back. Nothing else of the program runs meanwhile, for between the two nothing waits.
func withoutFetch(how string) (restore func()) {
	if how != "missing" {
		return func() {}
	}
	global := js.Global()
	fetch := global.Get("fetch")
	global.Set("fetch", js.Undefined())
	return func() { global.Set("fetch", fetch) }
}
