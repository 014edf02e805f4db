// SPDX-License-Identifier: MIT

package jsfetch

import "syscall/js"

// probeURL is only parsed, never asked for. The top-level domain is reserved for names that do
// not exist.
const probeURL = "http://probe.invalid/"

// makeRequest makes a Request, which validates as fetch does but sends nothing.
func (r *Runtime) makeRequest(url string, init any) (js.Value, *Exception) {
	return r.construct(r.request, url, init)
}

// Accepts reports whether a Request can be made with the given JSON text of an init
// dictionary, and if not, why.
func (r *Runtime) Accepts(url, init string) *Exception {
	dict, exc := r.invoke(r.jsonParse, init)
	if exc != nil {
		return exc
	}
	_, exc = r.makeRequest(url, dict)
	return exc
}

// ProbeURL is a URL for Accepts when only the init dictionary matters.
func (r *Runtime) ProbeURL() string { return probeURL }

// HasRequest reports whether the platform has a Request class.
func (r *Runtime) HasRequest() bool { return typeOf(r.request) == js.TypeFunction }

// RequestHas reports whether a Request has the named property.
func (r *Runtime) RequestHas(name string) bool {
	prototype, exc := r.get(r.request, js.ValueOf("prototype"))
	if exc != nil {
		return false
	}
	has, exc := r.invoke(r.reflectHas, prototype, name)
	return exc == nil && truthy(has)
}

// GuardsHeaders reports whether the platform drops the forbidden request headers, as pages
// and workers do and servers do not.
func (r *Runtime) GuardsHeaders() bool {
	return !r.requestKeeps(map[string]any{"headers": map[string]any{"Via": "1.1 probe"}}, "via")
}

// requestKeeps makes a Request and reports whether it has the header.
func (r *Runtime) requestKeeps(init any, header string) bool {
	req, exc := r.makeRequest(probeURL, init)
	if exc != nil {
		return false
	}
	headers, exc := r.get(req, r.keys.headers)
	if exc != nil {
		return false
	}
	has, exc := r.call(headers, "has", header)
	return exc == nil && truthy(has)
}

// StreamsRequests reports whether a ReadableStream can be a request body. Where it cannot,
// making such a Request throws, or, worse, the stream is taken for a value to be made
// a text of, which shows in the Content-Type that texts get.
func (r *Runtime) StreamsRequests() bool {
	stream, exc := r.construct(r.readableStream, map[string]any{"type": "bytes"})
	if exc != nil {
		return false
	}
	req, exc := r.makeRequest(probeURL, map[string]any{"method": "POST", "body": stream, "duplex": "half"})
	if exc != nil {
		return false
	}
	headers, exc := r.get(req, r.keys.headers)
	if exc != nil {
		return false
	}
	has, exc := r.call(headers, "has", "content-type")
	return exc == nil && typeOf(has) == js.TypeBoolean && !has.Bool()
}

// HasBlob reports whether bodies can be gathered in Blobs.
func (r *Runtime) HasBlob() bool { return typeOf(r.blob) == js.TypeFunction }

// Global returns the JavaScript type of a global value or of a property of one:
// Global("process", "versions", "node").
func (r *Runtime) Global(path ...string) string {
	v := js.Global()
	for _, name := range path {
		var exc *Exception
		if v, exc = r.get(v, js.ValueOf(name)); exc != nil {
			return js.TypeUndefined.String()
		}
	}
	return typeOf(v).String()
}
