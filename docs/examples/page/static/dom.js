// SPDX-License-Identifier: MIT

// Short ways to the document. Texts go in as texts: no markup is ever parsed.

// byId returns the element with an id.
export const byId = (id) => document.getElementById(id);

// element makes an element with properties and children.
export function element(tag, properties = {}, ...children) {
	const e = Object.assign(document.createElement(tag), properties);
	e.append(...children);
	return e;
}

// announce has a screen reader say something once.
export function announce(text) {
	const announcer = byId("announcer");
	announcer.textContent = "";
	announcer.textContent = text;
}

// show puts a text into a status line, with a detail below it. A failure looks different.
export function show(line, text, failed = false, detail = "") {
	line.replaceChildren(text, ...(detail ? [element("code", { className: "detail" }, detail)] : []));
	line.classList.toggle("failed", failed);
}
