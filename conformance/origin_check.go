// SPDX-License-Identifier: MIT

package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// OriginCheck is a condition on the events of a token. It is data, so that it can be
// evaluated by the guest, and once more by who holds the log.
type OriginCheck struct {
	Rule   Rule     `json:"rule"`
	Kind   string   `json:"kind"`            // the events that it looks at
	Field  string   `json:"field,omitempty"` // of their Data: "method", "bytes", "header.X-Test"
	Values []string `json:"values,omitempty"`
	Min    int      `json:"min,omitempty"`
	Max    int      `json:"max,omitempty"` // negative is no limit
}

// Rule is the kind of an OriginCheck.
type Rule string

// The rules.
const (
	RuleCount    Rule = "count"    // there are Min to Max events
	RuleValues   Rule = "values"   // the field's values are Values, in order
	RuleSet      Rule = "set"      // the field's values are Values, in any order
	RuleEach     Rule = "each"     // there is an event, and the field of every one is Values[0]
	RuleAbsent   Rule = "absent"   // no event has the field
	RuleNowhere  Rule = "nowhere"  // Values[0] does not occur in any event's data
	RuleAtMost   Rule = "at-most"  // the field, a number, is at most Max
	RuleBefore   Rule = "before"   // the first event comes before the first one of kind Values[0]
	RuleDistinct Rule = "distinct" // the field has Min to Max different values
	RuleUnique   Rule = "unique"   // no two events have the same value of the field
	RuleFields   Rule = "fields"   // the events, requests, have no header but Values; "Sec-" stands for all that begin with it
	RuleEcho     Rule = "echo"     // one of the events, requests, is what the echo with the fingerprint Values[0] says, and had the body with the SHA-256 Values[1]
	RuleGap      Rule = "gap"      // there are two events or more, each Min to Max milliseconds after the one before
)

// Count wants exactly n events of a kind.
func Count(kind string, n int) OriginCheck {
	return OriginCheck{Rule: RuleCount, Kind: kind, Min: n, Max: n}
}

// AtLeast wants n events of a kind, or more.
func AtLeast(kind string, n int) OriginCheck {
	return OriginCheck{Rule: RuleCount, Kind: kind, Min: n, Max: -1}
}

// AtMost wants n events of a kind, or fewer.
func AtMost(kind string, n int) OriginCheck { return OriginCheck{Rule: RuleCount, Kind: kind, Max: n} }

// Nothing wants that the origin saw nothing at all.
func Nothing() OriginCheck { return OriginCheck{Rule: RuleCount} }

// Values wants the field of the events of a kind to have these values, in order.
func Values(kind, field string, values ...string) OriginCheck {
	return OriginCheck{Rule: RuleValues, Kind: kind, Field: field, Values: values}
}

// Set is Values in any order.
func Set(kind, field string, values ...string) OriginCheck {
	return OriginCheck{Rule: RuleSet, Kind: kind, Field: field, Values: values}
}

// Each wants the field of all events of a kind to have this value.
func Each(kind, field, value string) OriginCheck {
	return OriginCheck{Rule: RuleEach, Kind: kind, Field: field, Values: []string{value}}
}

// Absent wants no event of a kind to have the field.
func Absent(kind, field string) OriginCheck {
	return OriginCheck{Rule: RuleAbsent, Kind: kind, Field: field}
}

// Nowhere wants a text to be in no event of a kind.
func Nowhere(kind, text string) OriginCheck {
	return OriginCheck{Rule: RuleNowhere, Kind: kind, Values: []string{text}}
}

// FieldAtMost wants a number of the events of a kind to be no more than limit.
func FieldAtMost(kind, field string, limit int) OriginCheck {
	return OriginCheck{Rule: RuleAtMost, Kind: kind, Field: field, Max: limit}
}

// Before wants the first event of one kind to come before the first one of another.
func Before(kind, later string) OriginCheck {
	return OriginCheck{Rule: RuleBefore, Kind: kind, Values: []string{later}}
}

// Distinct wants the field to have low to high different values.
func Distinct(kind, field string, low, high int) OriginCheck {
	return OriginCheck{Rule: RuleDistinct, Kind: kind, Field: field, Min: low, Max: high}
}

// Unique wants no two events of a kind to have the same value of the field.
func Unique(kind, field string) OriginCheck {
	return OriginCheck{Rule: RuleUnique, Kind: kind, Field: field}
}

// Gap wants two events of a kind or more, and low to high milliseconds from each one to the
// next; a negative high is no limit.
func Gap(kind string, low, high int) OriginCheck {
	return OriginCheck{Rule: RuleGap, Kind: kind, Min: low, Max: high}
}

// echoed wants the origin to have seen what an echo says that it saw.
func echoed(e Echo) OriginCheck {
	return OriginCheck{Rule: RuleEcho, Kind: EventRequest, Field: "target", Values: []string{e.fingerprint(), e.SHA256}}
}

// fingerprint stands for what an echo says of the head of the request. A check that had all of
// it would be too long for an address.
func (e Echo) fingerprint() string {
	e.Bytes, e.SHA256 = 0, ""
	text, _ := json.Marshal(e) // strings and numbers
	return hashOf(text)
}

// demands reports whether the check cannot hold without any event.
func (c OriginCheck) demands() bool {
	switch c.Rule {
	case RuleCount, RuleDistinct:
		return c.Min > 0
	case RuleValues, RuleSet:
		return len(c.Values) > 0
	case RuleEach, RuleBefore, RuleGap, RuleEcho:
		return true
	}
	return false
}

// Judge evaluates checks and says in words which do not hold.
func Judge(events []Event, checks []OriginCheck) []string {
	var problems []string
	for _, c := range checks {
		if p := c.judge(events); p != "" {
			problems = append(problems, p)
		}
	}
	return problems
}

func (c OriginCheck) judge(events []Event) string {
	var of []Event
	for _, e := range events {
		if c.Kind == "" || e.Kind == c.Kind {
			of = append(of, e)
		}
	}
	what := "events " + c.Kind
	if c.Kind == "" {
		what = "events"
	}
	if c.Kind == EventRequest {
		what = "requests"
	}
	values, missing := c.values(of)
	switch c.Rule {
	case RuleCount:
		if n := len(of); n < c.Min || c.Max >= 0 && n > c.Max {
			return fmt.Sprintf("the origin saw %d %s, want %s", n, what, span(c.Min, c.Max))
		}
	case RuleValues, RuleSet:
		want := slices.Clone(c.Values)
		if c.Rule == RuleSet {
			slices.Sort(values)
			slices.Sort(want)
		}
		if !slices.Equal(values, want) {
			return fmt.Sprintf("the origin saw %s of %s: %q, want %q", c.Field, what, values, want)
		}
	case RuleEach:
		for _, v := range values {
			if v != c.Values[0] {
				return fmt.Sprintf("the origin saw %s %q in one of %s, want %q", c.Field, v, what, c.Values[0])
			}
		}
		if len(values) == 0 || missing > 0 {
			return fmt.Sprintf("the origin saw no %s in %d of %d %s, want %q", c.Field, missing, len(of), what, c.Values[0])
		}
	case RuleAbsent:
		if len(values) > 0 {
			return fmt.Sprintf("the origin saw %s %q, want none", c.Field, values)
		}
	case RuleNowhere:
		for _, e := range of {
			if strings.Contains(string(e.Data), c.Values[0]) {
				return fmt.Sprintf("the origin saw %q in %s, want it nowhere", c.Values[0], what)
			}
		}
	case RuleAtMost:
		for _, v := range values {
			if n, err := strconv.ParseFloat(v, 64); err != nil || n > float64(c.Max) {
				return fmt.Sprintf("the origin saw %s %s, want at most %d", c.Field, v, c.Max)
			}
		}
	case RuleBefore:
		first := slices.IndexFunc(events, func(e Event) bool { return e.Kind == c.Kind })
		later := slices.IndexFunc(events, func(e Event) bool { return e.Kind == c.Values[0] })
		if first < 0 || later >= 0 && later < first {
			return fmt.Sprintf("the origin saw no %s before the first %s", c.Kind, c.Values[0])
		}
	case RuleDistinct:
		slices.Sort(values)
		if n := len(slices.Compact(values)); n < c.Min || c.Max >= 0 && n > c.Max {
			return fmt.Sprintf("the origin saw %d different %s, want %s", n, c.Field, span(c.Min, c.Max))
		}
	case RuleUnique:
		slices.Sort(values)
		for i := 1; i < len(values); i++ {
			if values[i] == values[i-1] {
				return fmt.Sprintf("the origin saw %s %s more than once", c.Field, values[i])
			}
		}
	case RuleFields:
		for _, e := range of {
			if names := c.unlisted(e); len(names) > 0 {
				return fmt.Sprintf("the origin saw the headers %s, which neither the caller has nor Backend.Adds, where those belong that the platform adds by itself", strings.Join(names, ", "))
			}
		}
	case RuleEcho:
		if !slices.ContainsFunc(of, func(e Event) bool {
			var seen Echo
			return json.Unmarshal(e.Data, &seen) == nil && seen.fingerprint() == c.Values[0]
		}) {
			return fmt.Sprintf("the origin saw no request as an echo has it; it saw the targets %q", values)
		}
		if !slices.ContainsFunc(events, func(e Event) bool {
			sum, ok := fieldOf(e, "sha256")
			return e.Kind == EventBodyEnd && ok && sum == c.Values[1]
		}) {
			return fmt.Sprintf("the origin saw no body as an echo has it, with the SHA-256 %s", c.Values[1])
		}
	case RuleGap:
		if len(of) < 2 {
			return fmt.Sprintf("the origin saw %d %s, want two or more", len(of), what)
		}
		for i := range of[1:] {
			if ms := int((of[i+1].Micros - of[i].Micros) / 1000); ms < c.Min || c.Max >= 0 && ms > c.Max {
				return fmt.Sprintf("the origin saw %d ms between %s %d and the next one, want %s", ms, what, i+1, span(c.Min, c.Max))
			}
		}
	default:
		return fmt.Sprintf("there is no rule %q", c.Rule)
	}
	return ""
}

// unlisted returns a header of a request that is not among the check's values.
func (c OriginCheck) unlisted(e Event) []string {
	var seen Echo
	if err := json.Unmarshal(e.Data, &seen); err != nil {
		return []string{"of an event that is no request"}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(seen.Header)), func(name string) bool { return listed(c.Values, name) })
}

func span(low, high int) string {
	switch {
	case high < 0:
		return strconv.Itoa(low) + " or more"
	case low == high:
		return strconv.Itoa(low)
	}
	return strconv.Itoa(low) + " to " + strconv.Itoa(high)
}

// values returns the field of the events that have it, and how many have not.
func (c OriginCheck) values(events []Event) (values []string, missing int) {
	if c.Field == "" {
		return nil, 0
	}
	for _, e := range events {
		if v, ok := fieldOf(e, c.Field); ok {
			values = append(values, v)
		} else {
			missing++
		}
	}
	return values, missing
}

// fieldOf returns a field of an event's Data as text. "header.NAME" is the list of values of
// a request header, joined as they would be in one line.
func fieldOf(e Event, field string) (string, bool) {
	var data map[string]json.RawMessage
	if json.Unmarshal(e.Data, &data) != nil {
		return "", false
	}
	if name, ok := strings.CutPrefix(field, "header."); ok {
		var header map[string][]string
		json.Unmarshal(data["header"], &header)
		values, ok := header[name]
		return strings.Join(values, ", "), ok
	}
	raw, ok := data[field]
	if !ok || string(raw) == "null" {
		return "", false
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	return string(raw), true
}
