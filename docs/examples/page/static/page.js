// SPDX-License-Identifier: MIT

// Brings the page to life. Keys live in the fields in which they are typed: they are read
// when a call is made, and neither stored nor put into an address.

import { byId } from "./dom.js";
import { startLanguage } from "./language.js";
import { startLog } from "./log.js";
import { loadProgram } from "./program.js";
import { startStorage } from "./storage.js";
import { busy } from "./transfers.js";

const notice = byId("notice");

function tell(text) {
	notice.textContent = text;
	notice.hidden = !text;
}

// A choice of credentials shows its own fields.
for (const radio of document.querySelectorAll("[name=credential]")) {
	radio.addEventListener("change", () => {
		for (const field of document.querySelectorAll("[data-credential]")) field.hidden = field.dataset.credential !== radio.value;
	});
}

addEventListener("offline", () => tell("This device is offline. What needs the network fails until it is back."));
addEventListener("online", () => tell(""));
addEventListener("beforeunload", (event) => busy() && event.preventDefault());

async function start() {
	const response = await fetch("settings.json").catch(() => null);
	if (!response?.ok) throw new Error("The page's own server does not answer. Start it again, and reload the page.");
	const settings = await response.json();
	byId("language-endpoint").value = settings.languageEndpoint;
	byId("storage-endpoint").value = settings.storageEndpoint;
	byId("storage-account").value = settings.storageAccount;
	const api = await loadProgram("page.wasm", (err) => tell(err.message));
	startLog(api);
	startLanguage(api);
	startStorage(api, settings);
}

if (!globalThis.tooOld) start().catch((err) => tell(err.message));
