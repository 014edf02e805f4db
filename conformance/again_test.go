// SPDX-License-Identifier: MIT

package conformance

import (
	"runtime"
	"strings"
	"testing"
)

func TestInvocation(t *testing.T) {
	i := func(goos, exec, test string) Invocation {
		return Invocation{Command: testCommand(goos, "wasm", exec), Test: test, Package: "example.com/a"}
	}
	for _, c := range []struct {
		i               Invocation
		id, title, want string
	}{
		{i("linux", "", "TestProfile"), "CX-13", "Cancel: a title of more words than five",
			"again: go test -run '^TestProfile$/^CX$/^CX-13-cancel-a-title-of-more$' example.com/a"},
		{i("js", "nodeexec", "TestProfile"), "CX-13", "A",
			"again: GOOS=js GOARCH=wasm go test -exec nodeexec -run '^TestProfile$/^CX$/^CX-13-a$' example.com/a"},
		{i("js", "/bin/browserexec -secure", "TestProfile"), "CX-13", "A",
			"again: GOOS=js GOARCH=wasm go test -exec '/bin/browserexec -secure' -run '^TestProfile$/^CX$/^CX-13-a$' example.com/a"},
		{i("wasip1", `x "-pass=it's"`, "TestProfile"), "CX-13", "A",
			`again: GOOS=wasip1 GOARCH=wasm go test -exec 'x "-pass=it'\''s"' -run '^TestProfile$/^CX$/^CX-13-a$' example.com/a`},
		{i("wasip1", "", "TestProfile"), "CX-13", "A",
			"again: GOOS=wasip1 GOARCH=wasm go test -exec RUNNER -run '^TestProfile$/^CX$/^CX-13-a$' example.com/a"},
		{i("linux", "", "TestAll/one_(1)"), "CX-13", "A", `again: go test -run '^TestAll$/^one_\(1\)$/^CX$/^CX-13-a$' example.com/a`},
		{i("linux", "", ""), "CX-13", "A", "again, with a test that calls Run: go test -run '/^CX$/^CX-13-a$' example.com/a"},
		{i("linux", "", "TestProfile"), "XX-01", "", "again: go test -run '^TestProfile$/^XX$/^XX-01-' example.com/a"},
		{Invocation{}, "CX-13", "A", ""},
	} {
		if got := c.i.again(c.id, c.title); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// What a program says of itself.
func TestOwnInvocation(t *testing.T) {
	t.Setenv(EnvExec, "runner -flag")
	i := invocation("TestProfile")
	if i.Package != "github.com/isohttp/isohttp/conformance" || i.Test != "TestProfile" {
		t.Errorf("%+v", i)
	}
	guest := runtime.GOOS == "js" || runtime.GOOS == "wasip1"
	if guest != strings.HasSuffix(i.Command, " go test -exec 'runner -flag'") || !guest && i.Command != "go test" {
		t.Errorf("the command is %q", i.Command)
	}
}
