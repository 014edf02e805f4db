// SPDX-License-Identifier: MIT

package launch

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PassVariable names the variable that lists further names to pass on, separated by
// commas or spaces, for callers that cannot add flags to the -exec command.
const PassVariable = "ISOHTTP_PASS_ENV"

// passed are the names that every guest is given, where they are set. A name that ends
// in "*" stands for all that begin with it. The list is short because a js program has
// 8 KiB for arguments and variables together, and because a guest in a page or a
// sandbox is not to see the secrets of the shell that it was started from.
const passed = "ISOHTTP_* CI GOCOVERDIR GODEBUG GOGC GOMEMLIMIT GOTRACEBACK LANG LC_ALL NO_COLOR TZ"

// Environment selects the variables of a guest. The zero value passes the fixed list.
type Environment struct {
	names []string          // more names, patterns allowed
	set   map[string]string // variables set by flag
}

// AddFlags adds the flags -pass and -env.
func (e *Environment) AddFlags(flags *flag.FlagSet) {
	flags.Func("pass", "also give the guest the variables `NAMES` (comma-separated, \"AZURE_*\" for a prefix); "+
		PassVariable+" does the same", func(list string) error {
		e.names = append(e.names, splitNames(list)...)
		return nil
	})
	flags.Func("env", "set a variable of the guest, as `NAME=value`; may be repeated", func(pair string) error {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return fmt.Errorf("want NAME=value")
		}
		if e.set == nil {
			e.set = make(map[string]string)
		}
		e.set[name] = value
		return nil
	})
}

// Select returns the variables for a guest: those of own that are on the list, then
// those of origin, then those set by flag. A later one wins.
func (e *Environment) Select(own, origin []string) []string {
	names := append(splitNames(passed), e.names...)
	for _, pair := range own {
		if list, ok := strings.CutPrefix(pair, PassVariable+"="); ok {
			names = append(names, splitNames(list)...)
		}
	}
	chosen := make(map[string]string)
	for _, pair := range own {
		name, value, _ := strings.Cut(pair, "=")
		if slices.ContainsFunc(names, func(pattern string) bool { return matchName(pattern, name) }) {
			chosen[name] = value
		}
	}
	for _, pair := range origin {
		name, value, _ := strings.Cut(pair, "=")
		chosen[name] = value
	}
	maps.Copy(chosen, e.set)
	delete(chosen, "") // Windows has variables such as "=C:"
	var env []string
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		env = append(env, name+"="+chosen[name])
	}
	return env
}

// SetDefault returns env with the variable added, unless it is there already.
func SetDefault(env []string, name, value string) []string {
	if slices.ContainsFunc(env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") }) {
		return env
	}
	return append(env, name+"="+value)
}

func splitNames(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func matchName(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == pattern
}
