// SPDX-License-Identifier: MIT

package jsfetch

import "strconv"

// maxText bounds the texts taken over from JavaScript, in bytes.
const maxText = 1 << 10

// Exception is what JavaScript threw, or rejected a promise with. It need not have been an
// Error there: any value can be thrown.
type Exception struct {
	Name    string     // "TypeError"; empty if the value has none
	Message string     // as the platform worded it, with whatever it quotes
	Code    string     // "ECONNREFUSED"; empty if there is none
	Cause   *Exception // the value's cause, if it has one
}

// Error returns name and message.
func (e *Exception) Error() string {
	switch {
	case e.Name == "":
		return e.Message
	case e.Message == "":
		return e.Name
	}
	return e.Name + ": " + e.Message
}

// maxCauses bounds how many causes of causes are kept.
const maxCauses = 8

// ParseException reads the JSON text of a thrown value.
func ParseException(text string) (*Exception, error) {
	v, err := ParseJSON(text)
	if err != nil {
		return nil, err
	}
	return exceptionOf(v, maxCauses), nil
}

func exceptionOf(v any, depth int) *Exception {
	switch v := v.(type) {
	case string:
		return &Exception{Message: cut(v)}
	case map[string]any:
		e := &Exception{Name: text(v["name"]), Message: text(v["message"])}
		// A DOMException has a number there, which says no more than its name.
		if code, ok := v["code"].(string); ok {
			e.Code = cut(code)
		}
		if cause, ok := v["cause"]; ok && cause != nil && depth > 0 {
			e.Cause = exceptionOf(cause, depth-1)
		}
		return e
	}
	return &Exception{Message: text(v)}
}

// text returns a scalar of JSON in words; "" for anything else.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return cut(v)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	i := maxText
	for i > 0 && s[i]&0xC0 == 0x80 {
		i--
	}
	return s[:i] + "..."
}
