// SPDX-License-Identifier: MIT

// The Go program: loaded once, called by everything else.

import { byId } from "./dom.js";
import { bytes } from "./format.js";

// loadProgram loads the program, shows how far it is, and returns its functions.
// stopped is called when the program has ended, which it never should.
export async function loadProgram(app, stopped) {
	const bar = byId("program-progress");
	const status = byId("program-status");
	const ready = new Promise((resolve) => addEventListener("portable", () => resolve(globalThis.portable), { once: true }));
	const ended = isohttpRun({
		app,
		write: (text, fd) => (fd === 2 ? console.error(text) : console.log(text)),
		progress(done, total) {
			if (total) [bar.max, bar.value] = [total, done];
			status.textContent = `Loading the program: ${bytes(done)}${total ? ` of ${bytes(total)}` : ""}`;
		},
		started: () => (status.textContent = "Starting the program"),
	}).then((code) => {
		throw new Error(`The program has ended with exit code ${code}. Reload the page to start it again.`);
	});
	ended.catch((err) => {
		byId("program").classList.add("failed");
		status.textContent = "The program does not run";
		bar.hidden = true;
		stopped(err);
	});
	const api = await Promise.race([ready, ended]);
	byId("program").classList.add("ready");
	status.textContent = "Program ready";
	bar.hidden = true;
	return api;
}
