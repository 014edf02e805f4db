// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The parameters that something of the origin takes are words of the form NAME=KIND. A "!" at the
// end is for a parameter that must be there, a "+" for one that may be there more than once. The
// kinds are those of kindRanges and of otherKind, and what is none of them is a list of the values
// that there are, separated by "|".
//
// The origin refuses all else: a case that gets something other than it has asked for would pass
// or fail for a reason that nobody sees.

// anything is in place of the parameters where the query is no one's business but the client's,
// and anyFields where it has the fields of a response.
const (
	anything  = "*"
	anyFields = "fields"
)

// everywhere are the parameters that every scenario takes: the policy of withCORS, and the secret
// that a case adds to its URLs.
const everywhere = "cors=" + corsPolicies + " sig=text"

// kindRanges are the kinds that are numbers, and what they go from and to. The sizes are bounded
// where the origin makes all of the data at once.
func kindRanges() map[string][2]int {
	return map[string][2]int{
		"number":   {0, 1 << 30},
		"size":     {0, 1 << 26},
		"pieces":   {0, 1 << 13}, // two of them multiplied are a size
		"status":   {200, 999},   // what net/http takes, without the interim ones
		"redirect": {300, 399},
	}
}

// otherKind says whether a value is of a kind that is no number. It knows "text", "field" (the
// name of a field), "line" (NAME:VALUE), "interim" (a status before the final one; 101 is none) and
// "step" (of the scenario flaky).
func otherKind(kind, value string) (ok, known bool) {
	switch kind {
	case "text":
		return true, true
	case "field":
		return fieldName(value), true
	case "line":
		name, _, ok := strings.Cut(value, ":")
		return ok && fieldName(name), true
	case "interim":
		n, err := strconv.Atoi(value)
		return err == nil && n >= 100 && n < 200 && n != http.StatusSwitchingProtocols, true
	case "step":
		return flakyStep(value), true
	}
	return false, false
}

// query returns the parameters of a scenario's request. The error is for the client.
func (s scenario) query(raw string) (url.Values, error) {
	switch s.params {
	case anything:
		q, _ := url.ParseQuery(raw) // what can be read of it
		return q, nil
	case anyFields:
		return parseFields(raw)
	}
	return parseQuery(raw, s.params+" "+everywhere)
}

// parseQuery is url.ParseQuery and a check of the parameters.
func parseQuery(raw, params string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be read: %w", err)
	}
	for word := range strings.FieldsSeq(params) {
		name, kind, _ := strings.Cut(word, "=")
		if strings.HasSuffix(kind, "!") && q.Get(name) == "" {
			return nil, fmt.Errorf("no %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if err := checkParameter(params, name, q[name]); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// checkParameter says what is wrong with the values of one parameter.
func checkParameter(params, name string, values []string) error {
	for word := range strings.FieldsSeq(params) {
		known, kind, _ := strings.Cut(word, "=")
		if known != name {
			continue
		}
		kind, often := strings.CutSuffix(kind, "+")
		if len(values) > 1 && !often {
			return fmt.Errorf("%s is there %d times", name, len(values))
		}
		for _, v := range values {
			if err := checkValue(name, strings.TrimSuffix(kind, "!"), v); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("there is no parameter %q here", name)
}

func checkValue(name, kind, value string) error {
	if r, ok := kindRanges()[kind]; ok {
		if n, err := strconv.Atoi(value); err != nil || n < r[0] || n > r[1] {
			return fmt.Errorf("%s is not a number from %d to %d: %q", name, r[0], r[1], value)
		}
		return nil
	}
	if ok, known := otherKind(kind, value); known {
		if !ok {
			return fmt.Errorf("%s is no %s: %q", name, kind, value)
		}
		return nil
	}
	if list := strings.Split(kind, "|"); !slices.Contains(list, value) {
		return fmt.Errorf("%s is none of %q: %q", name, list, value)
	}
	return nil
}

// refused answers a request whose query is not to the parameters with 400 and the reason.
func refused(w http.ResponseWriter, r *http.Request, params string) (q url.Values, yes bool) {
	q, err := parseQuery(r.URL.RawQuery, params)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return q, err != nil
}

// fieldName reports whether a text can be the name of a field.
func fieldName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// parseFields is url.ParseQuery for a query whose parameters are the fields of a response.
func parseFields(raw string) (url.Values, error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be read: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !fieldName(name) {
			return nil, fmt.Errorf("%q is not the name of a field", name)
		}
		for _, v := range q[name] {
			if strings.ContainsAny(v, "\r\n\x00") {
				return nil, fmt.Errorf("a field %s cannot be %q", name, v)
			}
		}
	}
	return q, nil
}
