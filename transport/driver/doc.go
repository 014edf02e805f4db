// SPDX-License-Identifier: MIT

// Package driver is the seam between package transport and the platforms.
//
// It is for authors of backends. Programs that send requests use package
// transport, which re-exports what they need from here.
//
// # What a backend receives
//
// Package transport has looked at a request before a backend sees it, so a
// backend may rely on the following and need not check it again:
//
//   - Method is set and is a token; URL has the scheme http or https, a host
//     and a valid port, which is not the scheme's own; every header name is a
//     token and no value has CR, LF or NUL in it.
//   - Header is not nil. It has no Host and no Content-Length entry: the host is
//     in Request.Host or URL.Host, the length is ContentLength. It has no name
//     that [Capabilities.ForbidsHeader] reports.
//   - Keys may be in any spelling otherwise (azcore writes x-ms-version).
//   - Body is nil exactly when nothing is to be sent: http.NoBody never
//     arrives, nor does a Body together with ContentLength 0. ContentLength is
//     -1 for an unknown length.
//   - Body delivers exactly ContentLength bytes or fails: its last byte is held
//     back until the caller's reader has reported its end, a reader that is too
//     short, too long or that panics becomes an error, and once the call is over
//     its Read fails without touching the caller's reader. A Read may block for
//     as long as the caller's reader does, also after the context has ended.
//     Where there are files, a Body over one of the declared length is a
//     syscall.Conn, too: net/http has the system copy it, and reads the rest.
//   - The request, its header map and its URL are not to be modified.
//
// # What a backend owes
//
//   - Exactly one exchange on the wire; no retry, no cache, no cookies of its own.
//     A redirect is returned, not followed, where [RedirectExpose] is declared.
//   - RoundTrip returns as soon as the response's headers are in, streams the
//     body with back-pressure, and ends promptly when the request's context
//     does, except while it is inside Body.Read, for which package transport
//     does not wait.
//   - The response body's Read ends promptly when the context does or when Close
//     is called, also while it is blocked. Close may be called at any time, from
//     any goroutine, several times; it stops the transfer on the wire and frees
//     the platform's handles. Behind a 101 only Close counts; see [Upgrade].
//   - A body that ended early fails, and does not report io.EOF. Where the
//     platform hides the end, ContentLength is enough: package transport
//     counts.
//   - ContentLength is -1 when it does not describe the bytes that Read
//     delivers. When the platform has decoded a content coding, Uncompressed is
//     true; package transport then removes the header fields that no longer hold.
//   - The request body is closed when it is no longer needed. It may be closed
//     more than once.
//   - Errors are [*Error] values with the platform's own error in the chain and no
//     URL in their text. Errors of other types become [KindOther].
//   - Capabilities says nothing that is not so.
//
// Status text, canonical header keys, a nil Body, Response.Request, errors of the
// context and truncation are handled in package transport, once for all backends. An
// error of a body that is of KindNetwork or KindTLS is of KindNetwork there, and
// matches io.ErrUnexpectedEOF.
package driver
