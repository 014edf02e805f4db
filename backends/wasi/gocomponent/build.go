// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"flag"
	"path"
	"path/filepath"
	"strings"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
)

// listFlags are the flags of go build that go list needs too, because they decide which
// files a package has; buildFlags are the others that make sense here. The value
// says whether the flag is followed by a value.
var (
	listFlags = map[string]bool{
		"mod": true, "modfile": true, "overlay": true, "tags": true, "modcacherw": false,
	}
	buildFlags = map[string]bool{
		"asmflags": true, "gcflags": true, "ldflags": true, "p": true, "pgo": true, "buildvcs": true,
		"coverpkg": true, "covermode": true, "cover": false,
		"a": false, "trimpath": false, "v": false, "work": false, "x": false,
	}
)

func build(ctx context.Context, c *call) error {
	flags := c.flags()
	out := flags.String("o", "", "write the component to `file` (default: the package's name and .wasm)")
	dir := flags.String("C", "", "work in the folder `dir`; other names are relative to it")
	goCommand := flags.String("go", "", "the go command to use")
	source := component.Source{Form: component.FormCommand, Output: c.stderr}
	flags.Func("form", "how the program starts: `command` (the package imports backends/wasi/command), exe (any package main) or test (the package's tests)",
		func(name string) (err error) {
			source.Form, err = component.ParseForm(name)
			return err
		})
	for name, valued := range listFlags {
		passFlag(flags, name, valued, &source.Flags)
	}
	for name, valued := range buildFlags {
		passFlag(flags, name, valued, &source.BuildFlags)
	}
	w := newWrapping(flags)
	if err := c.parse(flags, 0, 1); err != nil {
		return err
	}
	source.Package, source.Dir, source.Go = flags.Arg(0), *dir, *goCommand

	result, err := component.Build(ctx, source, w.options(ctx, *dir))
	if err != nil {
		return err
	}
	if *out == "" {
		if *out, err = defaultOutput(ctx, source); err != nil {
			return err
		}
	}
	return w.finish(c, result, within(*dir, *out))
}

// passFlag adds a flag that is handed to the go command.
func passFlag(flags *flag.FlagSet, name string, valued bool, list *[]string) {
	const about = "as for go build"
	if valued {
		flags.Func(name, about, func(value string) error {
			*list = append(*list, "-"+name+"="+value)
			return nil
		})
		return
	}
	flags.BoolFunc(name, about, func(value string) error {
		*list = append(*list, "-"+name+"="+value)
		return nil
	})
}

// defaultOutput is what go build would call the program, with .wasm behind it.
func defaultOutput(ctx context.Context, source component.Source) (string, error) {
	importPath, err := source.ImportPath(ctx)
	if err != nil {
		return "", err
	}
	name := path.Base(importPath)
	if strings.HasPrefix(name, "v") && strings.Trim(name[1:], "0123456789") == "" && path.Dir(importPath) != "." {
		name = path.Base(path.Dir(importPath)) // a major version is not a name
	}
	if source.Form == component.FormTest {
		name += ".test"
	}
	return name + ".wasm", nil
}

// within returns name as seen from dir.
func within(dir, name string) string {
	if dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
