// SPDX-License-Identifier: MIT

package jsfetch

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestAppendBytesKeepsEveryByte(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	text := string(AppendBytes(nil, string(all)))
	v, err := ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := Bytes(v.(string)); got != string(all) {
		t.Errorf("got %q", got)
	}
	var std string
	if err := json.Unmarshal([]byte(text), &std); err != nil || Bytes(std) != string(all) {
		t.Errorf("encoding/json reads %q, %v", std, err)
	}
}

func TestBytesLeavesOtherTextAlone(t *testing.T) {
	for _, s := range []string{"", "plain", "snow \u2603"} {
		if got := Bytes(s); got != s {
			t.Errorf("Bytes(%q) = %q", s, got)
		}
	}
	if got := Bytes("caf\u00e9"); got != "caf\xe9" {
		t.Errorf("got %q", got)
	}
}

func TestAppendStringIsJSON(t *testing.T) {
	for _, s := range []string{"", `a"b\c`, "tab\tnl\nnul\x00", "caf\u00e9 \u2603 \U0001f600"} {
		var got string
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil || got != s {
			t.Errorf("%q: got %q, %v", s, got, err)
		}
	}
}

func TestParseJSONAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{"status":200,"redirected":false,"type":"cors","statusText":"OK","url":"http://h/\u00e9"}`,
		`{}`, `[]`, ` [ 1 , -2.5e3 , "x" , null , true , {"a":[{}]} ] `,
		`"\ud83d\ude00 \ud83d \/ \b\f\n\r\t"`, `"\ud83dx"`, `"\ud83d\u0041"`, "0",
	} {
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := ParseJSON(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v; want %#v", text, got, err, want)
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "{", "[", `"`, `"\`, `"\u12`, `"\x"`, "nul", "tru", "-", "1.2.3", `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`,
		`[1,]`, `[1 2]`, `1 2`, strings.Repeat("[", 1000), "undefined",
	} {
		if v, err := ParseJSON(text); err == nil {
			t.Errorf("%q: got %v", text, v)
		}
	}
}

func TestParseException(t *testing.T) {
	e, err := ParseException(`{"name":"TypeError","message":"fetch failed","cause":{"name":"Error","message":"connect","code":"ECONNREFUSED","cause":7}}`)
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != "TypeError" || e.Message != "fetch failed" || e.Code != "" || e.Cause == nil || e.Cause.Code != "ECONNREFUSED" || e.Cause.Cause.Message != "7" {
		t.Errorf("got %+v, %+v", e, e.Cause)
	}
	for text, want := range map[string]string{
		`"a text"`: "a text", `null`: "", `12.5`: "12.5", `true`: "true", `{}`: "", `[1]`: "", `{"name":{},"message":[]}`: "",
		`{"name":"N"}`: "N", `{"name":"N","message":"m"}`: "N: m",
	} {
		e, err := ParseException(text)
		if err != nil || e.Error() != want {
			t.Errorf("%s: got %v, %v", text, e, err)
		}
	}
	long, err := ParseException(`"` + strings.Repeat("\u00e9", 5000) + `"`)
	if err != nil || len(long.Message) > maxText+3 || !strings.HasSuffix(long.Message, "\u00e9...") {
		t.Errorf("a long text is not cut: %d bytes, %v", len(long.Message), err)
	}
}
