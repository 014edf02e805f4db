// SPDX-License-Identifier: MIT

package fetch

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"testing"
)

func TestAppendHeadersSendsEveryValueInOrder(t *testing.T) {
	h := http.Header{"x-ms-version": {"1"}, "X-Multi": {"b, a", "c", ""}, "X-Quote": {"\"\\\t"}, "X-None": nil}
	var pairs [][2]string
	if err := json.Unmarshal(appendHeaders(nil, h), &pairs); err != nil {
		t.Fatal(err)
	}
	got := http.Header{}
	for _, p := range pairs {
		got[p[0]] = append(got[p[0]], p[1])
	}
	delete(h, "X-None")
	if !reflect.DeepEqual(got, h) {
		t.Errorf("got %q", got)
	}
	if got := string(appendHeaders(nil, nil)); got != "[]" {
		t.Errorf("no headers give %q", got)
	}
}

func TestParseHeaders(t *testing.T) {
	got := parseHeaders("content-type,text/plain\nset-cookie,a=1; Expires=Wed, 21 Oct 2065\nset-cookie,b=2\nx-latin,caf\u00e9\nx-empty,\nno comma\n,no name")
	want := http.Header{"Content-Type": {"text/plain"}, "Set-Cookie": {"a=1; Expires=Wed, 21 Oct 2065", "b=2"}, "X-Latin": {"caf\xe9"}, "X-Empty": {""}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if got := parseHeaders(""); got == nil || len(got) != 0 {
		t.Errorf("no lines give %v", got)
	}
}

func TestSetHop(t *testing.T) {
	for _, c := range []struct {
		header http.Header
		close  bool
		coding []string
	}{
		{http.Header{}, false, nil},
		{http.Header{"Connection": {"keep-alive, Close"}}, true, nil},
		{http.Header{"Connection": {"keep-alive"}, "Transfer-Encoding": {"Chunked"}}, false, []string{"chunked"}},
	} {
		resp := &http.Response{Header: c.header}
		setHop(resp)
		if resp.Close != c.close || !slices.Equal(resp.TransferEncoding, c.coding) {
			t.Errorf("%v: got %v, %q", c.header, resp.Close, resp.TransferEncoding)
		}
	}
}

func TestContentLength(t *testing.T) {
	for value, want := range map[string]int64{
		"0": 0, "12": 12, " 12 ": 12, "5, 5": 5, "5, 6": -1, "": -1, "-1": -1, "+5": -1, "x": -1, "9223372036854775807": 1<<63 - 1, "9223372036854775808": -1,
	} {
		if got := contentLength(http.Header{"Content-Length": {value}}); got != want {
			t.Errorf("%q: got %d, want %d", value, got, want)
		}
	}
	if got := contentLength(http.Header{}); got != -1 {
		t.Errorf("no field: got %d", got)
	}
}

func TestCodings(t *testing.T) {
	for value, want := range map[string]struct {
		list       []string
		known, odd bool
	}{
		"":                {nil, false, true},
		"identity":        {nil, false, true},
		"GZip":            {[]string{"gzip"}, true, false},
		"deflate, BR":     {[]string{"deflate", "br"}, true, false},
		"zstd ,identity":  {[]string{"zstd"}, true, true},
		"gzip,":           {[]string{"gzip"}, true, true},
		"gzip, something": {[]string{"gzip", "something"}, false, false},
		"compress":        {[]string{"compress"}, false, false},
	} {
		list, known, odd := codings(http.Header{"Content-Encoding": {value}})
		if !slices.Equal(list, want.list) || known != want.known || odd != want.odd {
			t.Errorf("%q: got %q, %v, %v", value, list, known, odd)
		}
	}
}

func TestStillEncoded(t *testing.T) {
	for _, test := range []struct {
		list  []string
		start string
		want  bool
	}{
		{[]string{"zstd"}, "\x28\xb5\x2f\xfd rest", true},
		{[]string{"zstd"}, "\x28\xb5", false},
		{[]string{"zstd"}, "", false},
		{[]string{"zstd"}, "plain", false},
		{[]string{"zstd", "gzip"}, "\x1f\x8b\x08", true},
		{[]string{"zstd", "gzip"}, "\x28\xb5\x2f\xfd", false},
		{[]string{"zstd", "br"}, "\x28\xb5\x2f\xfd", false},
	} {
		if got := stillEncoded(test.list, []byte(test.start)); got != test.want {
			t.Errorf("%q %q: got %v", test.list, test.start, got)
		}
	}
}

func TestTarget(t *testing.T) {
	for raw, want := range map[string]string{
		"http://h":     "http://h",
		"http://h/":    "http://h/",
		"http://h?a=b": "http://h?a=b",
		"http://h/?":   "http://h/?",
		"http://user:secret@h:81/a%2Fb/c%20d?x=%2F+y;z[]&x#fragment": "http://h:81/a%2Fb/c%20d?x=%2F+y;z[]&x",
		"https://[::1]:8/p": "https://[::1]:8/p",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := target(u); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	for want, u := range map[string]*url.URL{
		"http://h/a%5Cb%23c":       {Scheme: "http", Host: "h", Path: `/a\b#c`},
		"http://h/p?a%23b%20\\%0A": {Scheme: "http", Host: "h", Path: "/p", RawQuery: "a#b \\\n"},
		"http://h/raw%23":          {Scheme: "http", Host: "h", Opaque: "/raw#"},
		"http://h/x":               {Scheme: "http", Host: "h", Opaque: "//other/x"},
		"http://h/y/z?q":           {Scheme: "http", Host: "h", Opaque: "//user:secret@h/y/z", RawQuery: "q"},
		"http://h":                 {Scheme: "http", Host: "h", Opaque: "//other"},
		"http://h/?a/b":            {Scheme: "http", Host: "h", Opaque: "//other?a/b"},
		"http://h/%5Ca@other/b":    {Scheme: "http", Host: "h", Opaque: `//other\a@other/b`},
		"http://h//other/c":        {Scheme: "http", Host: "h", Opaque: "////other/c"},
		"http://h/rel":             {Scheme: "http", Host: "h", Path: "rel"},
	} {
		if got := target(u); got != want {
			t.Errorf("%+v: got %q, want %q", u, got, want)
		}
	}
}
