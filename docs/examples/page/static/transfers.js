// SPDX-License-Identifier: MIT

// Uploads and downloads: several at a time, each with a bar and a button to cancel it.

import { announce, byId, element } from "./dom.js";
import { bytes } from "./format.js";

const parallel = 4; // more would only share the same line

const running = new Set();
const waiting = [];

// busy reports whether something would be lost if the page were closed.
export const busy = () => running.size + waiting.length > 0;

// transfer adds a transfer to the list and starts it in its turn. run(signal, progress)
// does it and returns {size, hash}; finish(result, row) is called when it has.
export function transfer({ name, verb, done, run, finish }) {
	new Transfer({ name, verb, done, run, finish }).enqueue();
}

// refuse adds a transfer that cannot be.
export function refuse(verb, name, reason) {
	new Transfer({ name, verb }).fail(reason);
}

function next() {
	while (running.size < parallel && waiting.length > 0) waiting.shift().start();
}

class Transfer {
	constructor(job) {
		this.job = job;
		this.bar = element("progress", { max: 1, value: 0, ariaLabel: `${job.verb} ${job.name}` });
		this.status = element("p", { className: "hint" });
		this.buttons = element("div", { className: "buttons" });
		this.row = element("li", { className: "transfer" },
			element("p", { className: "name" }, element("span", { className: "verb" }, `${job.verb} `), job.name),
			this.buttons, this.bar, this.status);
		byId("transfers-title").hidden = false;
		byId("transfers").prepend(this.row);
	}

	// setButtons replaces the row's buttons. The focus stays in the row if it was there.
	setButtons(...buttons) {
		const focused = this.buttons.contains(document.activeElement);
		this.buttons.replaceChildren(...buttons.map(([text, action]) =>
			element("button", { type: "button", onclick: action, ariaLabel: `${text}: ${this.job.name}` }, text)));
		if (focused) this.buttons.firstElementChild?.focus();
	}

	setState(state) {
		this.row.dataset.state = state;
	}

	enqueue() {
		this.setState("waiting");
		this.status.textContent = "Waiting for its turn";
		this.bar.hidden = false;
		this.setButtons(["Cancel", () => {
			waiting.splice(waiting.indexOf(this), 1);
			this.canceled();
		}]);
		waiting.push(this);
		next();
	}

	async start() {
		const abort = new AbortController();
		running.add(this);
		this.setState("running");
		this.began = performance.now();
		this.progress(0, 0);
		this.setButtons(["Cancel", () => {
			this.status.textContent = "Canceling";
			this.setState("canceling");
			abort.abort();
		}]);
		try {
			const result = await this.job.run(abort.signal, (done, total) => this.progress(done, total));
			this.finish(result);
		} catch (err) {
			if (err.kind === "canceled") this.canceled();
			else this.fail(err.detail ? `${err.message} ${err.detail.replaceAll("\n", "; ")}.` : err.message, true);
		} finally {
			running.delete(this);
			next();
		}
	}

	progress(done, total) {
		if (this.row.dataset.state !== "running") return;
		[this.bar.max, this.bar.value] = [total || 1, done];
		const seconds = (performance.now() - this.began) / 1000;
		const rate = done > 0 && seconds > 0.5 ? `, ${bytes(done / seconds)}/s` : "";
		this.status.textContent = total ? `${bytes(done)} of ${bytes(total)}${rate}` : "Starting";
	}

	finish(result) {
		[this.bar.max, this.bar.value] = [1, 1];
		this.setState("done");
		this.row.dataset.hash = result.hash;
		const seconds = (performance.now() - this.began) / 1000;
		this.status.replaceChildren(
			`${bytes(result.size)} ${this.job.done} in ${seconds.toFixed(1)} s. SHA-256 `,
			element("code", { title: result.hash }, result.hash.slice(0, 12)));
		this.setButtons(["Dismiss", () => this.dismiss()]);
		this.job.finish?.(result, this.buttons);
		announce(`${this.job.name} ${this.job.done}.`);
	}

	canceled() {
		this.end("canceled", "Canceled.", true);
	}

	fail(reason, again = false) {
		this.end("failed", reason, again);
	}

	end(state, text, again) {
		this.setState(state);
		this.bar.hidden = true;
		this.status.textContent = text;
		this.setButtons(
			...(again ? [["Try again", () => this.enqueue()]] : []),
			["Dismiss", () => this.dismiss()]);
		announce(`${this.job.name}: ${text}`);
	}

	dismiss() {
		const neighbor = this.row.nextElementSibling ?? this.row.previousElementSibling;
		this.row.remove();
		byId("transfers-title").hidden = !byId("transfers").firstElementChild;
		(neighbor?.querySelector("button") ?? byId("files")).focus();
	}
}
