// SPDX-License-Identifier: MIT

// The list of requests, newest first.

import { byId, element } from "./dom.js";
import { bytes, count, duration } from "./format.js";

const limit = 500; // rows that are kept

// startLog shows what the program sends.
export function startLog(api) {
	const [body, summary] = [byId("log"), byId("log-summary")];
	const rows = new Map(); // by id, of those that are shown
	let totals = { requests: 0, sent: 0, received: 0 };

	const summarize = () => {
		summary.textContent = totals.requests === 0
			? "Nothing has been sent yet."
			: `${count(totals.requests, "request")}, ${bytes(totals.sent)} sent, ${bytes(totals.received)} received`;
		byId("log-scroll").hidden = rows.size === 0;
		byId("log-clear").hidden = rows.size === 0;
	};

	api.onRequest((entry) => {
		let row = rows.get(entry.id);
		if (!row && entry.over) return; // cleared away meanwhile
		if (!row) {
			row = element("tr");
			rows.set(entry.id, row);
			body.prepend(row);
			if (rows.size > limit) {
				const [oldest] = rows.keys();
				rows.get(oldest).remove();
				rows.delete(oldest);
			}
		} else {
			totals = {
				requests: totals.requests + 1,
				sent: totals.sent + entry.sent,
				received: totals.received + entry.received,
			};
		}
		row.className = !entry.over ? "pending" : entry.failure || entry.status >= 400 ? "failed" : "";
		row.replaceChildren(
			cell("method", entry.method),
			element("td", { className: "target" }, element("span", { title: entry.target }, entry.target)),
			cell("result", entry.failure || entry.status || "…", entry.failure ? "words" : ""),
			cell("time", entry.over ? duration(entry.ms) : ""),
			cell("sent", entry.sent ? bytes(entry.sent) : "", "", "sent"),
			cell("received", entry.received ? bytes(entry.received) : "", "", "received"),
		);
		summarize();
	});

	byId("log-clear").addEventListener("click", () => {
		rows.clear();
		body.replaceChildren();
		totals = { requests: 0, sent: 0, received: 0 };
		summarize();
		byId("log-title").focus();
	});
	summarize();
}

// cell makes a table cell. On a narrow screen, where the heads are gone, unit says what a
// number is.
function cell(name, text, className = "", unit = "") {
	const td = element("td", { className: `${name} ${className}`.trim() }, String(text));
	if (unit && text) td.append(element("span", { className: "unit" }, ` ${unit}`));
	return td;
}
