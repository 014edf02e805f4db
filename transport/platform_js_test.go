// SPDX-License-Identifier: MIT

package transport_test

import "syscall/js"

// overlapsFreely: a page has six connections to one host over HTTP/1.1; a server-side
// runtime has no such limit.
var overlapsFreely = js.Global().Get("document").IsUndefined()
