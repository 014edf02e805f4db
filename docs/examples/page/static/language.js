// SPDX-License-Identifier: MIT

// Texts in, languages out.

import { byId, element, show } from "./dom.js";
import { count } from "./format.js";

// startLanguage connects the form with the program.
export function startLanguage(api) {
	const [form, status, list] = [byId("language"), byId("language-status"), byId("languages")];
	const [detect, cancel] = [byId("detect"), byId("detect-cancel")];
	let running = null; // AbortController of the call under way

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (running) return;
		const texts = byId("texts").value.split("\n").map((line) => line.trim()).filter(Boolean);
		running = new AbortController();
		detect.disabled = true;
		cancel.hidden = false;
		show(status, "Asking the service");
		list.replaceChildren();
		try {
			const answers = await api.detect({
				endpoint: byId("language-endpoint").value,
				key: byId("language-key").value,
				texts,
				signal: running.signal,
			});
			list.replaceChildren(...answers.map((answer, i) => row(texts[i], answer)));
			show(status, `${count(answers.length, "text")} answered.`);
		} catch (err) {
			show(status, err.message, err.kind !== "canceled", err.detail);
		} finally {
			const focused = document.activeElement === cancel || document.activeElement === document.body;
			running = null;
			detect.disabled = false;
			cancel.hidden = true;
			if (focused) detect.focus(); // hiding or disabling the button has lost it
		}
	});
	cancel.addEventListener("click", () => running?.abort());
	detect.disabled = false;
}

// row shows one answer.
function row(text, { name, code, confidence, error }) {
	const said = element("p", { className: "text", lang: code ?? "", dir: "auto" }, text);
	if (error) return element("li", { className: "failed" }, said, element("p", { className: "language" }, error));
	const percent = `${Math.round(confidence * 100)} %`;
	const meter = element("meter", { min: 0, max: 1, value: confidence, ariaLabel: `Confidence ${percent}` });
	return element(
		"li",
		{},
		said,
		element("p", { className: "language" }, element("strong", {}, name), " ", element("code", {}, code)),
		element("p", { className: "confidence" }, meter, element("span", {}, percent)),
	);
}
