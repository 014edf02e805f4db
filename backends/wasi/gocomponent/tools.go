// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
)

func tools(ctx context.Context, c *call) error {
	flags := c.flags()
	install := flags.Bool("install", false, "get the pinned tools by npm, into the user's cache folder")
	dir := flags.String("tools", "", "look in the folder `dir` only (also "+component.ToolsVariable+")")
	if err := c.parse(flags, 0, 0); err != nil {
		return err
	}
	if *install {
		place, err := component.Install(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "installed in %s\n", place)
	}
	t := component.FindTools(ctx, *dir)
	found := func(name, path, version, otherwise string) {
		if path == "" {
			fmt.Fprintf(c.stdout, "%-11s not found; %s\n", name, otherwise)
			return
		}
		if version != "" {
			version += " "
		}
		fmt.Fprintf(c.stdout, "%-11s %sin %s\n", name, version, path)
	}
	found("node", t.Node, "", "install Node 20 or later")
	found("jco", t.Jco, t.JcoVersion, "gocomponent tools -install, or npm install @bytecodealliance/jco@"+component.JcoVersion)
	found("wasm-tools", t.WasmTools, t.WasmToolsVersion, "not needed where node and jco are; cargo install wasm-tools --locked")
	encoder, err := t.Check()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "ready: components are made by %s, with adapters that are known\n", encoder)
	return nil
}

func show(_ context.Context, c *call) error {
	flags := c.flags()
	if err := c.parse(flags, 1, 1); err != nil {
		return err
	}
	file, err := os.ReadFile(flags.Arg(0))
	if err != nil {
		return err
	}
	m, err := component.Inspect(file)
	if err != nil {
		return fmt.Errorf("%s: %w", flags.Arg(0), err)
	}
	if m.Component {
		fmt.Fprintln(c.stdout, "component")
	} else {
		fmt.Fprintln(c.stdout, "core module")
	}
	for _, name := range m.Imports {
		fmt.Fprintln(c.stdout, "import", name)
	}
	for _, name := range m.Exports {
		fmt.Fprintln(c.stdout, "export", name)
	}
	return nil
}

func printWIT(_ context.Context, c *call) error {
	if err := c.parse(c.flags(), 0, 0); err != nil {
		return err
	}
	_, err := fmt.Fprint(c.stdout, component.WIT())
	return err
}
