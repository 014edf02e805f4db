// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
)

func wrap(ctx context.Context, c *call) error {
	flags := c.flags()
	out := flags.String("o", "", "write the component to `file` (default: name.component.wasm)")
	w := newWrapping(flags)
	if err := c.parse(flags, 1, 1); err != nil {
		return err
	}
	result, err := component.Wrap(ctx, flags.Arg(0), w.options(ctx, ""))
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	if *out == "" {
		*out = strings.TrimSuffix(flags.Arg(0), ".wasm") + ".component.wasm"
	}
	return w.finish(c, result, *out)
}

// wrapping is what build and wrap have in common.
type wrapping struct {
	opts  component.Options
	tools string
	quiet bool
}

func newWrapping(flags *flag.FlagSet) *wrapping {
	w := new(wrapping)
	flags.StringVar(&w.tools, "tools", "", "take the component tools from the folder `dir` (also "+component.ToolsVariable+")")
	flags.StringVar(&w.opts.Encoder, "encoder", "", "use `jco` or wasm-tools (default: jco if it is here)")
	flags.StringVar(&w.opts.Adapter, "adapter", "", "use the preview 1 adapter in `file` (default: jco's)")
	flags.BoolVar(&w.opts.AnyAdapter, "any-adapter", false, "accept an adapter of another version")
	flags.BoolVar(&w.opts.Force, "force", false, "make the component anew, whatever the cache has")
	flags.BoolVar(&w.quiet, "q", false, "say nothing when all is well")
	return w
}

func (w *wrapping) options(ctx context.Context, dir string) *component.Options {
	if w.tools != "" {
		w.tools = within(dir, w.tools)
	}
	if w.opts.Adapter != "" {
		w.opts.Adapter = within(dir, w.opts.Adapter)
	}
	w.opts.Tools = component.FindTools(ctx, w.tools)
	return &w.opts
}

// finish writes the component and says what was done.
func (w *wrapping) finish(c *call, r *component.Result, out string) error {
	if err := r.CopyTo(out); err != nil {
		return err
	}
	if w.quiet {
		return nil
	}
	fmt.Fprintf(c.stderr, "%s: component, %s form, %s (core module %s)\n", out, r.Form, megabytes(r.Size), megabytes(r.CoreSize))
	fmt.Fprintf(c.stderr, "  imports %s\n", interfaces(r.Module.Imports))
	fmt.Fprintf(c.stderr, "  exports %s\n", interfaces(r.Module.Exports))
	how := "made by " + r.Encoder
	if r.Cached {
		how = "from the cache, " + how
	}
	if r.BuildTime > 0 {
		how = "go " + seconds(r.BuildTime) + ", component " + seconds(r.WrapTime) + ", " + how
	} else {
		how = seconds(r.WrapTime) + ", " + how
	}
	fmt.Fprintf(c.stderr, "  %s\n", how)
	return nil
}

// interfaces groups interface names by package: "wasi:http@0.2.0 (types), ...".
func interfaces(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	var groups []string
	members := make(map[string][]string)
	for _, name := range names {
		group, member := name, ""
		if pkg, rest, ok := strings.Cut(name, "/"); ok {
			iface, version, _ := strings.Cut(rest, "@")
			group, member = pkg+"@"+version, iface
		}
		if members[group] == nil {
			groups = append(groups, group)
		}
		members[group] = append(members[group], member)
	}
	for i, group := range groups {
		if list := strings.Join(members[group], " "); list != "" {
			groups[i] = group + " (" + list + ")"
		}
	}
	return strings.Join(groups, ", ")
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
