// SPDX-License-Identifier: MIT

package launch

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestEnvironmentSelect(t *testing.T) {
	own := []string{"PATH=/bin", "CI=true", "ISOHTTP_X=1", "GODEBUG=", "GOFLAGS=-v", "SECRET=s", "A_ONE=1", "A_TWO=2", "ISOHTTP_ORIGIN=old", "=C:=C:\\", "SPACES=a=b c"}
	origin := []string{"ISOHTTP_ORIGIN=new"}
	for _, c := range []struct {
		name  string
		flags []string
		own   []string
		want  []string
	}{
		{"fixed list", nil, nil, []string{"CI=true", "GODEBUG=", "ISOHTTP_ORIGIN=new", "ISOHTTP_X=1"}},
		{"by flag", []string{"-pass", "SECRET, SPACES"}, nil, []string{"CI=true", "GODEBUG=", "ISOHTTP_ORIGIN=new", "ISOHTTP_X=1", "SECRET=s", "SPACES=a=b c"}},
		{"by prefix", []string{"-pass=A_*"}, nil, []string{"A_ONE=1", "A_TWO=2", "CI=true", "GODEBUG=", "ISOHTTP_ORIGIN=new", "ISOHTTP_X=1"}},
		{"by variable", nil, []string{PassVariable + "=A_ONE SECRET"},
			[]string{"A_ONE=1", "CI=true", "GODEBUG=", "ISOHTTP_ORIGIN=new", PassVariable + "=A_ONE SECRET", "ISOHTTP_X=1", "SECRET=s"}},
		{"set", []string{"-env", "A=b=c", "-env", "ISOHTTP_ORIGIN=mine", "-env", "EMPTY="}, nil,
			[]string{"A=b=c", "CI=true", "EMPTY=", "GODEBUG=", "ISOHTTP_ORIGIN=mine", "ISOHTTP_X=1"}},
		{"everything", []string{"-pass", "*"}, nil, []string{"A_ONE=1", "A_TWO=2", "CI=true", "GODEBUG=", "GOFLAGS=-v", "ISOHTTP_ORIGIN=new",
			"ISOHTTP_X=1", "PATH=/bin", "SECRET=s", "SPACES=a=b c"}},
	} {
		var env Environment
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		env.AddFlags(flags)
		if err := flags.Parse(c.flags); err != nil {
			t.Fatal(err)
		}
		if got := env.Select(append(slices.Clone(own), c.own...), origin); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestEnvironmentBadFlag(t *testing.T) {
	for _, arg := range []string{"-env=novalue", "-env==x"} {
		var env Environment
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		env.AddFlags(flags)
		if err := flags.Parse([]string{arg}); err == nil {
			t.Errorf("%s was accepted", arg)
		}
	}
}

func TestSetDefault(t *testing.T) {
	env := []string{"A=1", "PWDX=2"}
	if got := SetDefault(env, "PWD", "/"); !slices.Equal(got, []string{"A=1", "PWDX=2", "PWD=/"}) {
		t.Errorf("got %q", got)
	}
	if got := SetDefault(env, "A", "/"); !slices.Equal(got, env) {
		t.Errorf("got %q", got)
	}
}

// The bound is wasm_exec.js's: it refuses from 8192 bytes on, counting as it lays out.
func TestCheckJSArea(t *testing.T) {
	// One argument of n bytes and its NUL, padded to 8; one pointer, two list ends.
	for n, fits := range map[int]bool{0: true, 8159: true, 8160: false, 9000: false} {
		if err := CheckJSArea([]string{strings.Repeat("x", n)}, nil); (err == nil) != fits {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
