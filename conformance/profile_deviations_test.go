// SPDX-License-Identifier: MIT

package conformance_test

import "github.com/isohttp/isohttp/conformance"

const truncatedGzip = "fetch(url).then(r => r.arrayBuffer()) resolves with what there is, in intact framing"

func chromiumDeviations() []conformance.Deviation {
	return []conformance.Deviation{
		{ID: "DN-22", Evidence: truncatedGzip},
		{ID: "ER-05", Evidence: "fetch(url) resolves with status 200 for \"HTTP/1.1 abc OK\" and others"},
		{ID: "ER-06", Evidence: "fetch(url) resolves for \"Content-Length: +5\" and \"-5\", which are ignored"},
		{ID: "SC-08", Evidence: "fetch(url) shows what follows a lone carriage return as a header field of its own"},
	}
}

func nodeDeviations() []conformance.Deviation {
	return []conformance.Deviation{
		{ID: "RL-06", Evidence: "fetch(url + '?') sends the path without the question mark"},
		{ID: "DN-22", Evidence: truncatedGzip},
		{ID: "ST-05", Evidence: "fetch(url) rejects with UND_ERR_SOCKET \"bad response\" when a 100 comes that was not asked for"},
	}
}

func wasmtimeDeviations() []conformance.Deviation { return nil }
