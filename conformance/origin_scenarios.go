// SPDX-License-Identifier: MIT

package conformance

import (
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Echo is a request as the origin saw it.
type Echo struct {
	Method           string              `json:"method"`
	Target           string              `json:"target"` // as it stood in the request line
	Host             string              `json:"host"`
	Proto            string              `json:"proto"`
	Header           map[string][]string `json:"header"`
	ContentLength    int64               `json:"contentLength"` // -1 when the message did not say
	TransferEncoding []string            `json:"transferEncoding"`
	Bytes            int64               `json:"bytes"`
	SHA256           string              `json:"sha256"`
	Lines            []string            `json:"lines,omitempty"`   // the head as it came in, each byte as one character; not over TLS
	Conn             int64               `json:"conn"`              // a number of the connection
	TLS              string              `json:"tls,omitempty"`     // the version, over TLS
	Client           string              `json:"client,omitempty"`  // the subject of the client's certificate
	Framing          string              `json:"framing,omitempty"` // of the body, by its head: "length", "chunked" or both
}

// exchange is one request to a scenario.
type exchange struct {
	origin *Origin
	token  string
	w      http.ResponseWriter
	r      *http.Request
	q      url.Values
	head   []string
}

// scenario is what /t/TOKEN/NAME can do. Its parameters are in the query; origin_query.go says how
// they are written here. Some are only there to tell URLs apart.
type scenario struct {
	run    func(*exchange)
	params string
}

func scenarios() map[string]scenario {
	return map[string]scenario{
		"echo":      {(*exchange).echo, anything},
		"echo-body": {(*exchange).echoBody, ""},
		"status":    {(*exchange).status, "code=status location=text"},
		"bytes":     {(*exchange).bytes, "size=number length=0|1 seed=number"},
		"gate":      {(*exchange).gate, "first=size second=size length=0|1"},
		"hang":      {(*exchange).hang, "n=text"},
		"delay":     {(*exchange).delay, "ms=number"},
		"endless":   {(*exchange).endless, ""},
		"cut":       {(*exchange).cut, "declared=number sent=size chunked=0|1"},
		"redirect":  {(*exchange).redirect, "status=redirect to=text loop=0|1 cookie=text+"},
		"gzip":      {(*exchange).gzip, "size=size"},
		"duplex":    {(*exchange).duplex, ""},
		"early":     {(*exchange).early, ""},
		"headers":   {(*exchange).headers, anyFields},
		"encoded":   {(*exchange).encoded, "coding=" + codings + "! name=text size=size cut=number corrupt=0|1 hold=header|end"},
		"trickle":   {(*exchange).trickle, "chunks=pieces size=pieces gates=0|1 coding=gzip"},
		"trailers":  {(*exchange).trailers, "announced=0|1 gate=0|1"},
		"interim":   {(*exchange).interim, "code=interim+"},
		"range":     {(*exchange).rangeOf, "size=size"},
		"script":    {(*exchange).script, "name=" + scriptNames() + "! gate=text"},
		"upgrade":   {(*exchange).upgrade, ""},
		"refuse":    {(*exchange).refuse, ""},
		"large":     {(*exchange).large, "mib=number"},
		"sse":       {(*exchange).sse, "events=number gap=number"},
		"abort":     {(*exchange).abort, "gate=text!"},
		"mismatch":  {(*exchange).mismatch, "declared=number sent=size"},
		"cookie":    {(*exchange).cookie, ""},
		"auth":      {(*exchange).auth, ""},
		"cacheable": {(*exchange).cacheable, ""},
		"bomb":      {(*exchange).bomb, ""},
		"flaky":     {(*exchange).flaky, "step=step+ header=line+ by=text"},
		"bearer":    {(*exchange).bearer, "want=text! challenge=text!"},
		"lro":       {(*exchange).operation, "via=field! polls=number end=Succeeded|Failed|Canceled what=state|result"},
		"pages":     {(*exchange).pages, "page=number of=number"},
	}
}

func (o *Origin) scenario(w http.ResponseWriter, r *http.Request) {
	s, ok := scenarios()[r.PathValue("scenario")]
	if !ok {
		http.Error(w, "no such scenario", http.StatusBadRequest)
		return
	}
	q, err := s.query(r.URL.RawQuery)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x := &exchange{origin: o, token: r.PathValue("token"), w: w, r: r, q: q}
	x.log(EventRequest, 1, x.seen())
	defer x.log(EventDone, -1, nil)
	s.run(x)
}

func (x *exchange) log(kind string, active int, data any) {
	x.origin.log.add(x.token, kind, active, data)
}

func (x *exchange) seen() Echo {
	info, _ := x.r.Context().Value(connKey{}).(connInfo)
	e := Echo{
		Method: x.r.Method, Target: x.r.RequestURI, Host: x.r.Host, Proto: x.r.Proto, Header: x.r.Header,
		ContentLength: x.r.ContentLength, TransferEncoding: x.r.TransferEncoding, Lines: x.lines(), Conn: info.id,
	}
	e.Framing = framingOf(e.Lines)
	if x.r.TLS != nil {
		e.TLS = tls.VersionName(x.r.TLS.Version)
		if certs := x.r.TLS.PeerCertificates; len(certs) > 0 {
			e.Client = certs[0].Subject.CommonName
		}
	}
	return e
}

// lines returns the head of the request as it came in.
func (x *exchange) lines() []string {
	if x.head == nil {
		x.head = headLines(x.r.Context(), x.r.Method+" "+x.r.RequestURI+" HTTP/1.")
	}
	return x.head
}

// number returns a parameter, or def without one.
func (x *exchange) number(name string, def int) int {
	if n, err := strconv.Atoi(x.q.Get(name)); err == nil {
		return n
	}
	return def
}

// readBody reads the request body and logs its beginning and its end.
func (x *exchange) readBody(keep io.Writer) (n int64, sum string, ok bool) {
	hash := sha256.New()
	buf := make([]byte, 32<<10)
	for {
		m, err := x.r.Body.Read(buf)
		if m > 0 {
			if n == 0 {
				x.log(EventBodyPart, 0, map[string]any{"bytes": m})
			}
			n += int64(m)
			hash.Write(buf[:m])
			if keep != nil {
				keep.Write(buf[:m])
			}
		}
		if errors.Is(err, io.EOF) {
			sum = hex.EncodeToString(hash.Sum(nil))
			x.log(EventBodyEnd, 0, map[string]any{"bytes": n, "sha256": sum, "trailer": x.r.Trailer})
			return n, sum, true
		}
		if err != nil {
			x.log(EventBodyCut, 0, map[string]any{"bytes": n})
			return n, "", false
		}
	}
}

// echo answers with the request as it was seen.
func (x *exchange) echo() {
	n, sum, ok := x.readBody(nil)
	if !ok {
		return
	}
	e := x.seen()
	e.Bytes, e.SHA256 = n, sum
	writeJSON(x.w, e)
}

// echoBody answers with the request's body, after it is complete.
func (x *exchange) echoBody() {
	var body strings.Builder
	if _, _, ok := x.readBody(&body); ok {
		x.w.Header().Set("Content-Type", "application/octet-stream")
		x.w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
		io.WriteString(x.w, body.String())
	}
}

// status answers with ?code=N and a short text.
func (x *exchange) status() {
	x.w.Header().Set("X-Test", "status")
	if to := x.q.Get("location"); to != "" {
		x.w.Header().Set("Location", to)
	}
	x.w.WriteHeader(x.number("code", 200))
	io.WriteString(x.w, "status")
}

// headers answers with the fields ?name=value of the query, whatever they are.
func (x *exchange) headers() {
	for name, values := range x.q {
		x.w.Header()[name] = values
	}
	io.WriteString(x.w, "headers")
}

// Pattern returns the bytes that the scenario "bytes" sends.
func Pattern(size int, seed uint64) []byte {
	p := make([]byte, size)
	fillPattern(p, rand.NewPCG(seed, 0))
	return p
}

func fillPattern(p []byte, src *rand.PCG) {
	for i := 0; i < len(p); i += 8 {
		v := src.Uint64()
		for j := i; j < min(i+8, len(p)); j++ {
			p[j] = byte(v)
			v >>= 8
		}
	}
}

// bytes answers with ?size=N bytes of Pattern; ?length=0 leaves out Content-Length.
func (x *exchange) bytes() {
	size := x.number("size", 100)
	x.w.Header().Set("Content-Type", "application/octet-stream")
	if x.number("length", 1) != 0 {
		x.w.Header().Set("Content-Length", strconv.Itoa(size))
	}
	src := rand.NewPCG(uint64(x.number("seed", 1)), 0)
	buf := make([]byte, 64<<10)
	for size > 0 {
		p := buf[:min(size, len(buf))]
		fillPattern(p, src)
		n, err := x.w.Write(p)
		if err != nil {
			x.log(EventGone, 0, nil)
			return
		}
		size -= n
	}
}

// flush hands what was written to the socket.
func (x *exchange) flush() {
	http.NewResponseController(x.w).Flush()
	x.log(EventSent, 0, nil)
}

// wait waits for a gate. It returns false when the client has gone first.
func (x *exchange) wait(gate string) bool {
	x.log(EventGateWait, 0, nil)
	select {
	case <-x.origin.log.gate(x.token, gate):
		return true
	case <-x.r.Context().Done():
		x.log(EventGone, 0, nil)
	case <-x.origin.log.over:
	}
	return false
}

// gate sends ?first=N bytes of 'a', waits for the gate "go", and sends ?second=N of 'b'.
func (x *exchange) gate() {
	x.readBody(nil)
	first, second := x.number("first", 1000), x.number("second", 1000)
	x.w.Header().Set("Content-Type", "application/octet-stream")
	if x.number("length", 0) != 0 {
		x.w.Header().Set("Content-Length", strconv.Itoa(first+second))
	}
	io.WriteString(x.w, strings.Repeat("a", first))
	x.flush()
	if x.wait("go") {
		io.WriteString(x.w, strings.Repeat("b", second))
	}
}

// hang reads the request and answers only when the gate "go" is released.
func (x *exchange) hang() {
	if _, _, ok := x.readBody(nil); ok && x.wait("go") {
		io.WriteString(x.w, "late")
	}
}

// delay answers after ?ms=N milliseconds.
func (x *exchange) delay() {
	timer := time.NewTimer(time.Duration(x.number("ms", 100)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		io.WriteString(x.w, "delayed")
	case <-x.r.Context().Done():
		x.log(EventGone, 0, nil)
	case <-x.origin.log.over:
	}
}

// endless sends until the client is gone.
func (x *exchange) endless() {
	x.w.Header().Set("Content-Type", "application/octet-stream")
	block := make([]byte, 32<<10)
	for {
		if _, err := x.w.Write(block); err != nil {
			x.log(EventGone, 0, nil)
			return
		}
		select {
		case <-x.origin.log.over:
			return
		default:
		}
	}
}

// cut announces ?declared=N bytes, sends ?sent=N, and closes the connection; with
// ?chunked=1 the message is chunked and its end is missing.
func (x *exchange) cut() {
	conn, rw, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	sent := strings.Repeat("c", x.number("sent", 100))
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
	if origin := x.r.Header.Get("Origin"); origin != "" {
		head += "Access-Control-Allow-Origin: " + origin + "\r\n"
	}
	if x.number("chunked", 0) != 0 {
		rw.WriteString(head + "Transfer-Encoding: chunked\r\n\r\n" + strconv.FormatInt(int64(len(sent)), 16) + "\r\n" + sent + "\r\n")
	} else {
		rw.WriteString(head + "Content-Length: " + strconv.Itoa(x.number("declared", 1000)) + "\r\n\r\n" + sent)
	}
	rw.Flush()
}

// redirect answers with ?status=N and Location ?to=URL, or its own with ?loop=1, after the
// request body. Each ?cookie=C is set.
func (x *exchange) redirect() {
	x.readBody(nil)
	to := x.q.Get("to")
	if x.number("loop", 0) != 0 {
		to = x.r.RequestURI
	}
	for _, c := range x.q["cookie"] {
		x.w.Header().Add("Set-Cookie", c)
	}
	x.w.Header().Set("Location", to)
	x.w.WriteHeader(x.number("status", 302))
}

// gzip answers with ?size=N bytes of Pattern in gzip, whatever was asked for.
func (x *exchange) gzip() {
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(x.w)
	z.Write(Pattern(x.number("size", 1000), 1))
	z.Close()
}

// early answers with 413 before it has read the body, and then reads it.
func (x *exchange) early() {
	http.NewResponseController(x.w).EnableFullDuplex()
	x.w.Header().Set("Content-Type", "text/plain")
	x.w.WriteHeader(http.StatusRequestEntityTooLarge)
	io.WriteString(x.w, "too large")
	x.flush()
	x.readBody(nil)
}
