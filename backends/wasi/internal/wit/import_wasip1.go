// SPDX-License-Identifier: MIT

package wit

import "unsafe"

// A string argument is a string or a list of bytes of the interface. An option is a flag
// and its value. ret points to memory for the result.

//go:wasmimport wasi:io/poll@0.2.0 poll
//go:noescape
func ioPoll(list unsafe.Pointer, n uint32, ret unsafe.Pointer)

//go:wasmimport wasi:io/poll@0.2.0 [resource-drop]pollable
//go:noescape
func pollableDrop(p Pollable)

//go:wasmimport wasi:io/error@0.2.0 [method]error.to-debug-string
//go:noescape
func errorDebugString(e Error, ret unsafe.Pointer)

//go:wasmimport wasi:io/error@0.2.0 [resource-drop]error
//go:noescape
func errorDrop(e Error)

//go:wasmimport wasi:io/streams@0.2.0 [method]input-stream.read
//go:noescape
func inputRead(s InputStream, n uint64, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]input-stream.subscribe
//go:noescape
func inputSubscribe(s InputStream) Pollable

//go:wasmimport wasi:io/streams@0.2.0 [resource-drop]input-stream
//go:noescape
func inputDrop(s InputStream)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.check-write
//go:noescape
func outputCheckWrite(s OutputStream, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.write
//go:noescape
func outputWrite(s OutputStream, p unsafe.Pointer, n uint32, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.flush
//go:noescape
func outputFlush(s OutputStream, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.subscribe
//go:noescape
func outputSubscribe(s OutputStream) Pollable

//go:wasmimport wasi:io/streams@0.2.0 [resource-drop]output-stream
//go:noescape
func outputDrop(s OutputStream)

//go:wasmimport wasi:clocks/monotonic-clock@0.2.0 subscribe-duration
//go:noescape
func clockSubscribeDuration(ns uint64) Pollable

//go:wasmimport wasi:http/types@0.2.0 [constructor]fields
//go:noescape
func fieldsNew() Fields

//go:wasmimport wasi:http/types@0.2.0 [method]fields.append
//go:noescape
func fieldsAppend(f Fields, name, value string, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [method]fields.entries
//go:noescape
func fieldsEntries(f Fields, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]fields
//go:noescape
func fieldsDrop(f Fields)

//go:wasmimport wasi:http/types@0.2.0 [constructor]outgoing-request
//go:noescape
func requestNew(f Fields) OutgoingRequest

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-method
//go:noescape
func requestSetMethod(r OutgoingRequest, which uint32, other string) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-path-with-query
//go:noescape
func requestSetPath(r OutgoingRequest, some uint32, path string) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-scheme
//go:noescape
func requestSetScheme(r OutgoingRequest, some, which uint32, other string) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-authority
//go:noescape
func requestSetAuthority(r OutgoingRequest, some uint32, authority string) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.body
//go:noescape
func requestBody(r OutgoingRequest, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]outgoing-request
//go:noescape
func requestDrop(r OutgoingRequest)

//go:wasmimport wasi:http/types@0.2.0 [constructor]request-options
//go:noescape
func optionsNew() RequestOptions

//go:wasmimport wasi:http/types@0.2.0 [method]request-options.set-connect-timeout
//go:noescape
func optionsSetConnect(o RequestOptions, some uint32, ns uint64) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]request-options.set-first-byte-timeout
//go:noescape
func optionsSetFirstByte(o RequestOptions, some uint32, ns uint64) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]request-options.set-between-bytes-timeout
//go:noescape
func optionsSetBetweenBytes(o RequestOptions, some uint32, ns uint64) uint32

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]request-options
//go:noescape
func optionsDrop(o RequestOptions)

//go:wasmimport wasi:http/outgoing-handler@0.2.0 handle
//go:noescape
func handle(r OutgoingRequest, some uint32, o RequestOptions, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-body.write
//go:noescape
func outgoingBodyWrite(b OutgoingBody, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [static]outgoing-body.finish
//go:noescape
func outgoingBodyFinish(b OutgoingBody, some uint32, trailers Fields, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]outgoing-body
//go:noescape
func outgoingBodyDrop(b OutgoingBody)

//go:wasmimport wasi:http/types@0.2.0 [method]future-incoming-response.subscribe
//go:noescape
func futureSubscribe(f FutureResponse) Pollable

//go:wasmimport wasi:http/types@0.2.0 [method]future-incoming-response.get
//go:noescape
func futureGet(f FutureResponse, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]future-incoming-response
//go:noescape
func futureDrop(f FutureResponse)

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-response.status
//go:noescape
func responseStatus(r IncomingResponse) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-response.headers
//go:noescape
func responseHeaders(r IncomingResponse) Fields

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-response.consume
//go:noescape
func responseConsume(r IncomingResponse, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]incoming-response
//go:noescape
func responseDrop(r IncomingResponse)

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-body.stream
//go:noescape
func incomingBodyStream(b IncomingBody, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [static]incoming-body.finish
//go:noescape
func incomingBodyFinish(b IncomingBody) FutureTrailers

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]incoming-body
//go:noescape
func incomingBodyDrop(b IncomingBody)

//go:wasmimport wasi:http/types@0.2.0 [method]future-trailers.subscribe
//go:noescape
func trailersSubscribe(t FutureTrailers) Pollable

//go:wasmimport wasi:http/types@0.2.0 [method]future-trailers.get
//go:noescape
func trailersGet(t FutureTrailers, ret unsafe.Pointer)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]future-trailers
//go:noescape
func trailersDrop(t FutureTrailers)

//go:wasmimport wasi:http/types@0.2.0 http-error-code
//go:noescape
func httpErrorCode(e Error, ret unsafe.Pointer)
