// SPDX-License-Identifier: MIT

package wit

import (
	"runtime"
	"slices"
	"unsafe"
)

// Fields is a list of header fields.
type Fields uint32

// NewFields returns an empty list. The caller owns it.
func NewFields() Fields { return fieldsNew() }

// Drop releases f.
func (f Fields) Drop() { fieldsDrop(f) }

// FieldError is why a field was refused.
type FieldError uint8

const (
	FieldOK FieldError = iota
	FieldInvalid
	FieldForbidden
	FieldImmutable
)

// Append adds a field, byte for byte.
func (f Fields) Append(name, value string) FieldError {
	fieldsAppend(f, name, value, ret.ptr())
	if ret.u8(0) == 0 {
		return FieldOK
	}
	return FieldInvalid + FieldError(ret.u8(1))
}

// Entries calls yield with each field. It copies everything before the first call.
func (f Fields) Entries(yield func(name, value string)) {
	var ptr, count uint32
	buf := make([]byte, 2<<10) // enough for most; more costs a second call
	for {
		setArena(unsafe.Pointer(unsafe.SliceData(buf)), len(buf))
		fieldsEntries(f, ret.ptr())
		ptr, count = ret.u32(0), ret.u32(4)
		need := done()
		if need <= len(buf) {
			break
		}
		buf = make([]byte, need)
	}
	base := uintptr(unsafe.Pointer(unsafe.SliceData(buf)))
	text := func(at uintptr) string {
		i := at - base
		p, n := uintptr(le32(buf[i:]))-base, uintptr(le32(buf[i+4:]))
		if n == 0 {
			return ""
		}
		return string(buf[p : p+n])
	}
	for i := range uintptr(count) {
		at := uintptr(ptr) + 16*i
		yield(text(at), text(at+8))
	}
	runtime.KeepAlive(buf)
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// OutgoingRequest is a request that has not been sent.
type OutgoingRequest uint32

// NewRequest takes f and returns a request with these fields. The caller owns it.
func NewRequest(f Fields) OutgoingRequest { return requestNew(f) }

// Drop releases r.
func (r OutgoingRequest) Drop() { requestDrop(r) }

// SetMethod reports whether the host takes the method.
func (r OutgoingRequest) SetMethod(method string) bool {
	known := []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
	if i := slices.Index(known, method); i >= 0 {
		return requestSetMethod(r, uint32(i), "") == 0
	}
	return requestSetMethod(r, uint32(len(known)), method) == 0
}

// SetURL sets scheme (http or https), authority and path with query. It returns the name
// of the one that the host does not take, or "".
func (r OutgoingRequest) SetURL(scheme, authority, path string) string {
	var https uint32
	if scheme == "https" {
		https = 1
	}
	switch {
	case requestSetScheme(r, 1, https, "") != 0:
		return "scheme"
	case requestSetAuthority(r, 1, authority) != 0:
		return "host"
	case requestSetPath(r, 1, path) != 0:
		return "path or query"
	}
	return ""
}

// Body returns the body of r, which the caller owns. It is to be called before Handle,
// and once.
func (r OutgoingRequest) Body() (OutgoingBody, bool) {
	requestBody(r, ret.ptr())
	return OutgoingBody(ret.u32(4)), ret.u8(0) == 0
}

// RequestOptions has the time limits of a request.
type RequestOptions uint32

// NewRequestOptions returns options without a limit. The caller owns them.
func NewRequestOptions() RequestOptions { return optionsNew() }

// Drop releases o.
func (o RequestOptions) Drop() { optionsDrop(o) }

// SetConnectTimeout reports whether the host takes the limit.
func (o RequestOptions) SetConnectTimeout(ns uint64) bool { return optionsSetConnect(o, 1, ns) == 0 }

// SetFirstByteTimeout reports whether the host takes the limit.
func (o RequestOptions) SetFirstByteTimeout(ns uint64) bool {
	return optionsSetFirstByte(o, 1, ns) == 0
}

// SetBetweenBytesTimeout reports whether the host takes the limit.
func (o RequestOptions) SetBetweenBytesTimeout(ns uint64) bool {
	return optionsSetBetweenBytes(o, 1, ns) == 0
}

// Handle sends r. It takes r, and o unless that is 0. The caller owns the future; without
// one the ErrorCode says why.
func Handle(r OutgoingRequest, o RequestOptions) (f FutureResponse, code ErrorCode, ok bool) {
	var some uint32
	if o != 0 {
		some = 1
	}
	setArena(unsafe.Pointer(&scratch), len(scratch))
	handle(r, some, o, ret.ptr())
	if ret.u8(0) == 0 {
		f = FutureResponse(ret.u32(8))
		done()
		return f, ErrorCode{}, true
	}
	return 0, errorCode(8), false
}

// OutgoingBody is a request body.
type OutgoingBody uint32

// Drop releases b. A body that has not been finished makes the request fail.
func (b OutgoingBody) Drop() { outgoingBodyDrop(b) }

// Write returns the stream of b, which the caller owns. It is to be called once.
func (b OutgoingBody) Write() (OutputStream, bool) {
	outgoingBodyWrite(b, ret.ptr())
	return OutputStream(ret.u32(4)), ret.u8(0) == 0
}

// Finish takes b, and trailers unless they are 0: the body is complete.
func (b OutgoingBody) Finish(trailers Fields) (code ErrorCode, ok bool) {
	var some uint32
	if trailers != 0 {
		some = 1
	}
	setArena(unsafe.Pointer(&scratch), len(scratch))
	outgoingBodyFinish(b, some, trailers, ret.ptr())
	if ret.u8(0) == 0 {
		done()
		return ErrorCode{}, true
	}
	return errorCode(8), false
}
