// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestHpackDecodes decodes the requests of RFC 7541, C.4, on one connection: Huffman codes,
// the static table, and what the blocks before have left in the dynamic one.
func TestHpackDecodes(t *testing.T) {
	d := newHpackDecoder()
	for _, c := range []struct{ block, want string }{
		{"828684418cf1e3c2e5f23a6ba0ab90f4ff", ":method GET, :scheme http, :path /, :authority www.example.com"},
		{"828684be5886a8eb10649cbf", ":method GET, :scheme http, :path /, :authority www.example.com, cache-control no-cache"},
		{"828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", ":method GET, :scheme https, :path /index.html, :authority www.example.com, custom-key custom-value"},
	} {
		block, err := hex.DecodeString(c.block)
		if err != nil {
			t.Fatal(err)
		}
		fields, err := d.decode(block)
		var got []string
		for _, f := range fields {
			got = append(got, f.name+" "+f.value)
		}
		if text := strings.Join(got, ", "); text != c.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", c.block, text, err, c.want)
		}
	}
	if d.size != 164 {
		t.Errorf("the table has the size %d, want the 164 of the RFC", d.size)
	}
}

func TestHpackRefuses(t *testing.T) {
	for what, block := range map[string]string{
		"no such index":         "ff7f",
		"an integer cut short":  "7f",
		"a text cut short":      "0005616263",
		"an endless integer":    "7fffffffffffff",
		"padding that is none":  "000161418100",
		"index zero":            "80",
		"a code of many bits":   "00016182ffff",
		"an empty literal name": "40",
	} {
		data, err := hex.DecodeString(block)
		if err != nil {
			t.Fatal(err)
		}
		if fields, err := newHpackDecoder().decode(data); err == nil {
			t.Errorf("%s: got %v, want an error", what, fields)
		}
	}
}

// TestHpackEncodes reads back what the origin writes, also where a length has two bytes.
func TestHpackEncodes(t *testing.T) {
	long := strings.Repeat("v", 200)
	fields, err := newHpackDecoder().decode(hpackEncode(hpackField{"a", "b"}, hpackField{"name", long}))
	if err != nil || len(fields) != 2 || fields[0] != (hpackField{"a", "b"}) || fields[1] != (hpackField{"name", long}) {
		t.Errorf("got %v, %v", fields, err)
	}
}
