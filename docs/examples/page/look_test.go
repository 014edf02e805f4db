// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestLook goes through the page once for each screen and color scheme. With
// ISOHTTP_SCREENSHOTS it leaves pictures in the folder of that name, to be looked at; in any
// case nothing may be wider than the screen or hard to read.
func TestLook(t *testing.T) {
	if lacking(t, true) {
		return
	}
	for _, screen := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1280, 900}, {"tablet", 820, 1100}, {"phone", 360, 740}} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(screen.name+"-"+scheme, func(t *testing.T) {
				tb := newTab(t)
				tb.scheme(scheme)
				options := []chromedp.EmulateViewportOption{}
				if screen.name == "phone" {
					options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
				}
				tb.do(chromedp.EmulateViewport(screen.width, screen.height, options...), chromedp.Navigate(here.origin+"/"))
				tb.ready()
				tb.screenshot(screen.name + "-" + scheme + "-fresh")
				tb.fill("#texts", "Bonjour mon ami.\nWie komme ich am besten zum Bahnhof?\n¿Dónde está la biblioteca?")
				tb.ask(here.language.Key)
				tb.waitText("#language-status", "3 texts answered.")
				box := newContainer(t)
				tb.openContainer(box, here.storage.Endpoint)
				first, _ := newFile(t, "holiday-pictures-2026-of-the-whole-family.zip", 5<<20)
				second, _ := newFile(t, "report.pdf", 70_000)
				tb.choose(first, second)
				tb.waitState(transfer("Upload", "report.pdf"), "done")
				tb.waitState(transfer("Upload", "holiday-pictures-2026-of-the-whole-family.zip"), "done")
				tb.waitText("#storage-status", "2 blobs")
				tb.choose(first)
				tb.waitText(".transfer[data-state=failed]", "already")
				tb.screenshot(screen.name + "-" + scheme)
				if width := eval[int64](tb, "document.documentElement.scrollWidth"); width > screen.width {
					t.Errorf("the page is %d pixels wide", width)
				}
				if pale := eval[[]string](tb, pale); len(pale) > 0 {
					t.Errorf("hard to read: %v", pale)
				}
			})
		}
	}
}

// pale lists the texts whose contrast with what is behind them is less than 4.5 to 1
// (WCAG 2.1, 1.4.3).
const pale = `(() => {
	const parse = (color) => color.match(/[\d.]+/g).map(Number);
	const light = (color) => {
		const [r, g, b] = parse(color).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const color = getComputedStyle(e).backgroundColor;
			if ((parse(color)[3] ?? 1) > 0) return color;
		}
		return "rgb(255, 255, 255)";
	};
	const found = [];
	for (const e of document.querySelectorAll("body *")) {
		const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(" ").trim();
		if (!text || !e.offsetParent || e.matches(":disabled, .unseen")) continue;
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (contrast < 4.5) found.push(text + ": " + contrast.toFixed(2));
	}
	return found;
})()`
