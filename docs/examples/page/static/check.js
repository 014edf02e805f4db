// SPDX-License-Identifier: MIT

// Says so when a browser is too old for the page. It is written in the language of old
// browsers, and it is all that they run: they leave modules alone.
(function () {
	"use strict";
	var missing = [];
	function need(what, there) {
		if (!there) missing.push(what);
	}
	need("WebAssembly", typeof WebAssembly === "object" && typeof WebAssembly.instantiateStreaming === "function");
	need("streams", typeof ReadableStream === "function" && typeof TransformStream === "function");
	need("fetch", typeof fetch === "function" && typeof AbortController === "function");
	need("reading files", typeof Blob === "function" && typeof Blob.prototype.arrayBuffer === "function");
	need("modules", "noModule" in document.createElement("script"));
	if (missing.length === 0) return;
	window.tooOld = true;
	document.addEventListener("DOMContentLoaded", function () {
		var notice = document.getElementById("notice");
		notice.hidden = false;
		notice.textContent =
			"This browser is too old for the page, or has switched off what the page needs: " + missing.join(", ") +
			". Use a current Chrome, Edge, Firefox or Safari.";
		document.getElementById("program").hidden = true;
	});
})();
