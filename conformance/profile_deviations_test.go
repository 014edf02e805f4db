// SPDX-License-Identifier: MIT

package conformance_test

import (
	"time"

	"github.com/isohttp/isohttp/conformance"
)

// reviewed gives every entry the day by which somebody is to look whether the engines still do
// it, and whether the evidence is still what a reader would see. After it the entries fail.
func reviewed(list []conformance.Deviation) []conformance.Deviation {
	for i := range list {
		list[i].Review = time.Date(2027, time.December, 1, 0, 0, 0, 0, time.UTC)
	}
	return list
}

const interimFlood = "fetch(url) neither resolves nor rejects while 103 responses keep coming"

// deadline helps against an engine that waits for ever.
const deadline = "a deadline of the context, which ends the call"

const truncatedGzip = "fetch(url).then(r => r.arrayBuffer()) resolves with what there is, in intact framing"

const ownLength = "a length or a checksum within the content"

func chromiumDeviations() []conformance.Deviation {
	return reviewed([]conformance.Deviation{
		{ID: "DN-22", Since: 105, Evidence: truncatedGzip, WorkAround: ownLength},
		{ID: "ER-05", Since: 105, Evidence: "fetch(url) resolves with status 200 for \"HTTP/1.1 abc OK\" and others"},
		{ID: "ER-06", Since: 105, Evidence: "fetch(url) resolves for \"Content-Length: +5\" and \"-5\", which are ignored"},
		{ID: "ST-07", Since: 105, Evidence: interimFlood, WorkAround: deadline},
		{ID: "H2-05", Since: 105, Evidence: "fetch(url) resolves with 100 bytes of Content-Length: 1000, and with 1000 of 5, over HTTP/2"},
		{ID: "SC-08", Since: 105, Evidence: "fetch(url) shows what follows a lone carriage return as a header field of its own"},
	})
}

func nodeDeviations() []conformance.Deviation {
	return reviewed([]conformance.Deviation{
		{ID: "RL-06", Since: 20, Evidence: "fetch(url + '?') sends the path without the question mark"},
		{ID: "DN-21", Since: 20, Evidence: "fetch(url).then(r => r.text()) neither resolves nor rejects when all of a body that gunzip refuses has arrived before it does", WorkAround: deadline},
		{ID: "DN-22", Since: 20, Evidence: truncatedGzip, WorkAround: ownLength},
		{ID: "ST-05", Since: 20, Evidence: "fetch(url) rejects with UND_ERR_SOCKET \"bad response\" when a 100 comes that was not asked for"},
		{ID: "DN-15", Since: 20, Evidence: "fetch(url).then(r => r.arrayBuffer()) neither resolves nor rejects while an extension of a chunk's size line keeps coming", WorkAround: deadline},
		{ID: "ST-07", Since: 20, Evidence: interimFlood, WorkAround: deadline},
	})
}

func wasmtimeDeviations() []conformance.Deviation {
	return reviewed([]conformance.Deviation{
		{ID: "ST-07", Since: 1, Evidence: "the host shows a guest no 103, and future-incoming-response does not become ready while they keep coming", WorkAround: deadline},
	})
}
