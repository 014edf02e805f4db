// SPDX-License-Identifier: MIT

// A storage account and what is in one of its containers.

import { announce, byId, element, show } from "./dom.js";
import { bytes, count } from "./format.js";
import { refuse, transfer } from "./transfers.js";

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

// startStorage connects the forms with the program.
export function startStorage(api, settings) {
	const status = byId("storage-status");
	const [open, cancel, create, refresh] = [byId("open"), byId("open-cancel"), byId("create"), byId("refresh")];
	const limit = settings.maxFileBytes;
	let opened = null; // what where() returned, of what is shown
	let names = new Set(); // of the blobs that are shown
	let running = null; // AbortController of the call under way
	let stale = false; // the list has to be fetched again once that is over

	// where is the account and container that the form names.
	const where = () => ({
		...(document.querySelector("[name=credential]:checked").value === "sas"
			? { sas: byId("storage-sas").value }
			: { endpoint: byId("storage-endpoint").value, account: byId("storage-account").value, key: byId("storage-key").value }),
		container: byId("container").value.trim(),
	});

	// call has the program do something, with a button to cancel it, and shows what went
	// wrong. It returns null then.
	async function call(text, f) {
		if (running) return null;
		running = new AbortController();
		open.disabled = create.disabled = refresh.disabled = true;
		cancel.hidden = false;
		show(status, text);
		let kind = "";
		try {
			return { value: await f(running.signal) };
		} catch (err) {
			kind = err.kind;
			show(status, err.message, kind !== "canceled", err.detail);
			return null;
		} finally {
			const lost = document.activeElement === cancel || document.activeElement === document.body;
			running = null;
			open.disabled = create.disabled = refresh.disabled = false;
			cancel.hidden = true;
			create.hidden = kind !== "nostore";
			if (lost) (create.hidden ? open : create).focus();
			if (stale) queueMicrotask(() => list(opened));
		}
	}

	async function list(target) {
		stale = false;
		const result = await call("Asking for the blobs", (signal) => api.list({ ...target, signal }));
		if (!result) return;
		opened = target;
		byId("opened").hidden = false;
		byId("blobs-title").textContent = `In ${target.container}`;
		const blobs = result.value;
		names = new Set(blobs.map((blob) => blob.name));
		byId("blobs").replaceChildren(...blobs.map((blob) => row(target, blob)));
		show(status, blobs.length === 0 ? "The container is empty." : `${count(blobs.length, "blob")}, ${bytes(blobs.reduce((sum, b) => sum + b.size, 0))}.`);
	}

	// changed brings the list up to date after something was done to target.
	async function changed(target) {
		if (opened !== target) return;
		if (running) stale = true;
		else await list(target);
	}

	function upload(target, file) {
		if (file.size > limit) {
			refuse("Upload", file.name, `This file has ${bytes(file.size)}, and the page takes up to ${bytes(limit)}. Nothing was sent.`);
			return;
		}
		const replace = byId("replace").checked;
		if (!replace && names.has(file.name)) { // the store would say so too, but only at the end
			refuse("Upload", file.name, "There is a blob of this name already. Tick “Replace” to write over it.");
			return;
		}
		transfer({
			name: file.name,
			verb: "Upload",
			done: "uploaded",
			run: (signal, progress) => api.upload({ ...target, name: file.name, file, replace, signal, progress }),
			finish: () => changed(target),
		});
	}

	function download(target, blob) {
		if (blob.size > limit) {
			refuse("Download", blob.name, `This blob has ${bytes(blob.size)}, and the page can hold up to ${bytes(limit)}.`);
			return;
		}
		transfer({
			name: blob.name,
			verb: "Download",
			done: "downloaded",
			run: (signal, progress) => api.download({ ...target, name: blob.name, limit, signal, progress }),
			finish({ file }, buttons) {
				const fileName = blob.name.split("/").at(-1);
				const link = element("a", { href: URL.createObjectURL(file), download: fileName, className: "button", ariaLabel: `Save: ${blob.name}` }, "Save");
				buttons.prepend(link);
				buttons.lastElementChild.addEventListener("click", () => URL.revokeObjectURL(link.href));
				link.click();
			},
		});
	}

	async function remove(target, blob) {
		const result = await call(`Deleting ${blob.name}`, (signal) => api.remove({ ...target, name: blob.name, signal }));
		if (!result) return;
		announce(`${blob.name} deleted.`);
		await list(target);
		(byId("blobs").querySelector("button") ?? refresh).focus();
	}

	// row shows one blob.
	function row(target, blob) {
		const button = (text, action) => element("button", { type: "button", onclick: action, ariaLabel: `${text}: ${blob.name}` }, text);
		const erase = button("Delete", () => {
			if (erase.dataset.sure) return remove(target, blob);
			erase.dataset.sure = "yes";
			erase.textContent = "Really delete";
			erase.ariaLabel = `Really delete: ${blob.name}`;
		});
		erase.addEventListener("blur", () => {
			delete erase.dataset.sure;
			erase.textContent = "Delete";
			erase.ariaLabel = `Delete: ${blob.name}`;
		});
		return element("li", { className: "blob" },
			element("p", { className: "name" }, blob.name),
			element("p", { className: "hint" }, `${bytes(blob.size)}, ${when.format(blob.modified)}`),
			element("div", { className: "buttons" }, button("Download", () => download(target, blob)), erase));
	}

	byId("account").addEventListener("submit", (event) => {
		event.preventDefault();
		list(where());
	});
	cancel.addEventListener("click", () => running?.abort());
	create.addEventListener("click", async () => {
		const target = where();
		if (await call("Creating the container", (signal) => api.create({ ...target, signal }))) {
			await list(target);
			byId("files").focus();
		}
	});
	refresh.addEventListener("click", () => opened && list(opened));
	byId("files").addEventListener("change", (event) => {
		for (const file of event.target.files) upload(opened, file);
		event.target.value = ""; // the same file can be chosen again
	});
	acceptDrops(byId("drop"), (files) => files.forEach((file) => upload(opened, file)));
	byId("limit").textContent = `Up to ${bytes(limit)} each`;
	open.disabled = false;
}

// acceptDrops calls take with files that are dropped on an element. Elsewhere a dropped
// file would replace the page.
function acceptDrops(element, take) {
	const inside = (event) => element.contains(event.target);
	addEventListener("dragover", (event) => {
		event.preventDefault();
		event.dataTransfer.dropEffect = inside(event) ? "copy" : "none";
		element.classList.toggle("over", inside(event));
	});
	addEventListener("dragleave", () => element.classList.remove("over"));
	addEventListener("drop", (event) => {
		event.preventDefault();
		element.classList.remove("over");
		if (inside(event)) take([...event.dataTransfer.files]);
	});
}
