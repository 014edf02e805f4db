// SPDX-License-Identifier: MIT

// Runs a Go program, built with GOOS=js GOARCH=wasm, in a page. With attributes it runs
// by itself and shows what the program prints:
//
//   <script src="isohttp-run.js" data-app="app.wasm"></script>
//
//   data-app     the program; required
//   data-args    its arguments, in words as a shell reads them: detect "Bonjour mon ami."
//   data-env     its variables in the same manner: NAME=value OTHER="two words"
//   data-ask     variables that the person types in before the program starts: NAME, or
//                NAME="what to call it"; they are handed to the program and kept
//                nowhere else
//   data-exec    wasm_exec.js of the Go installation that built the program; without it,
//                the one beside this file
//   data-output  a selector of the element for the output; without it, it stands where
//                the tag stands
//
// Without data-app it does nothing but define isohttpRun(options) for scripts. It holds
// to the Content-Security-Policy "script-src 'self' 'wasm-unsafe-eval'".
"use strict";

(() => {
	const own = document.currentScript;
	const defaultExec = new URL("wasm_exec.js", own.src).href;

	// isohttpRun runs a program and returns a promise of its exit code, which is
	// rejected when the program cannot be loaded. Options: app, exec, args, env,
	// write(text, descriptor), progress(bytes, total), where total is 0 while unknown,
	// and started().
	globalThis.isohttpRun = async ({ app, exec = defaultExec, args = [], env = {}, write = console.log, progress, started }) => {
		const [module] = await Promise.all([download(app, progress), addScript(exec)]);
		const go = new Go();
		go.argv = [app, ...args];
		go.env = env;
		let code = 0;
		go.exit = (status) => (code = status);
		const files = standardStreams(write);
		// The program takes hold of the global fs when it starts, but its panics look it
		// up when they are printed: each program has to meet its own.
		const imports = go.importObject.gojs;
		const wasmWrite = imports["runtime.wasmWrite"];
		imports["runtime.wasmWrite"] = (sp) => {
			const other = globalThis.fs;
			globalThis.fs = files;
			wasmWrite(sp);
			globalThis.fs = other;
		};
		let instance;
		try {
			({ instance } = await WebAssembly.instantiateStreaming(module, go.importObject));
		} catch (err) {
			throw new Error(`${app} is not a program that this browser can run. ${err.message}`);
		}
		globalThis.fs = files;
		const end = go.run(instance);
		started?.();
		await end;
		files.flush();
		return code;
	};

	// download fetches the program and tells how much of it is here while it comes.
	async function download(url, progress) {
		let response;
		try {
			response = await fetch(url);
		} catch (err) {
			throw new Error(`${url} could not be loaded: the server does not answer.`);
		}
		if (!response.ok) throw new Error(`${url} could not be loaded: the server says ${response.status} ${response.statusText}`.trim() + ".");
		if (!progress) return response;
		// The length of the header is that of the compressed bytes, when it is compressed.
		const encoded = response.headers.has("Content-Encoding");
		const total = Number(response.headers.get("X-Decoded-Length") ?? (encoded ? 0 : response.headers.get("Content-Length"))) || 0;
		let bytes = 0;
		progress(0, total);
		const counted = response.body.pipeThrough(
			new TransformStream({
				transform(chunk, controller) {
					bytes += chunk.byteLength;
					progress(bytes, total);
					controller.enqueue(chunk);
				},
			}),
		);
		return new Response(counted, { headers: { "Content-Type": "application/wasm" } });
	}

	const scripts = new Map();

	// addScript loads a script once.
	function addScript(src) {
		if (!scripts.has(src)) {
			scripts.set(
				src,
				new Promise((resolve, reject) => {
					const script = document.createElement("script");
					script.src = src;
					script.onload = resolve;
					script.onerror = () => reject(new Error(`${src} could not be loaded. It has to be the one of the Go installation that built the program.`));
					document.head.append(script);
				}),
			);
		}
		return scripts.get(src);
	}

	// standardStreams is the file system of a program in a page: output, no input, no files.
	function standardStreams(write) {
		const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
		const missing = (...args) => args.at(-1)(Object.assign(new Error("not in a page"), { code: "ENOSYS" }));
		const streams = {
			constants: { O_WRONLY: -1, O_RDWR: -1, O_CREAT: -1, O_TRUNC: -1, O_APPEND: -1, O_EXCL: -1, O_DIRECTORY: -1 },
			writeSync(fd, bytes) {
				// A character may be cut in two.
				write((decoders[fd] ?? decoders[1]).decode(bytes, { stream: true }), fd);
				return bytes.length;
			},
			write(fd, bytes, offset, length, position, done) {
				done(null, streams.writeSync(fd, bytes.subarray(offset, offset + length)));
			},
			read: (fd, bytes, offset, length, position, done) => done(null, 0),
			fsync: (fd, done) => done(null),
			flush() {
				for (const fd of [1, 2]) {
					const rest = decoders[fd].decode();
					if (rest) write(rest, fd);
				}
			},
		};
		for (const name of ["chmod", "chown", "close", "fchmod", "fchown", "fstat", "ftruncate", "lchown", "link", "lstat", "mkdir",
			"open", "readdir", "readlink", "rename", "rmdir", "stat", "symlink", "truncate", "unlink", "utimes"]) {
			streams[name] = missing;
		}
		return streams;
	}

	// words splits a text as a shell does, without its further arts.
	function words(text = "") {
		const pieces = text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
		return Array.from(pieces, ([piece]) => piece.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
	}

	function element(tag, properties = {}, ...children) {
		const e = Object.assign(document.createElement(tag), properties);
		e.append(...children);
		return e;
	}

	// place puts an element where the tag stands, or into the body if that is the head.
	function place(tag, e) {
		if (document.head.contains(tag)) document.body.append(e);
		else tag.after(e);
	}

	// runTag runs the program that the tag names.
	async function runTag(tag) {
		const { app, exec, args, env, ask, output } = tag.dataset;
		const out = output ? document.querySelector(output) : element("pre", { className: "isohttp-output" });
		if (!out) throw new Error(`there is no element ${output} for the output`);
		if (!output) place(tag, out);
		out.setAttribute("role", "log");
		const variables = Object.fromEntries(words(env).map((pair) => pair.split(/=(.*)/s, 2)));
		if (ask) Object.assign(variables, await askFor(out, words(ask)));
		const bar = element("progress", { ariaLabel: "Loading the program" });
		const count = element("span");
		const loading = element("p", { className: "isohttp-loading" }, bar, " ", count);
		out.before(loading);
		const say = (text, className = "") => out.append(element("span", { className }, text));
		try {
			const code = await isohttpRun({
				app,
				exec: exec && new URL(exec, document.baseURI).href,
				args: words(args),
				env: variables,
				write: (text, fd) => say(text, fd === 2 ? "isohttp-error" : ""),
				progress(bytes, total) {
					if (total) [bar.max, bar.value] = [total, bytes];
					const mb = (n) => (n / 1e6).toFixed(1);
					count.textContent = total ? `${mb(bytes)} of ${mb(total)} MB` : `${mb(bytes)} MB`;
				},
				started: () => loading.remove(),
			});
			if (code !== 0) say(`The program ended with exit code ${code}.\n`, "isohttp-error");
		} catch (err) {
			loading.remove();
			say(`${err.message}\n`, "isohttp-error");
		}
	}

	// askFor shows a form before the output and returns what was typed in.
	function askFor(out, names) {
		return new Promise((resolve) => {
			const labels = names.map((name) => name.split(/=(.*)/s, 2).at(-1));
			names = names.map((name) => name.split("=", 1)[0]);
			const fields = names.map((name) =>
				element("input", { type: /KEY|SECRET|TOKEN|PASSWORD/.test(name) ? "password" : "text", autocomplete: "off", spellcheck: false, required: true, id: `isohttp-${name}` }),
			);
			const form = element(
				"form",
				{
					className: "isohttp-ask",
					onsubmit(event) {
						event.preventDefault();
						form.remove();
						resolve(Object.fromEntries(names.map((name, i) => [name, fields[i].value])));
					},
				},
				...names.flatMap((name, i) => [element("label", { htmlFor: fields[i].id }, labels[i]), fields[i]]),
				element("button", {}, "Run"),
			);
			out.before(form);
		});
	}

	if (own.dataset.app) {
		const start = () => runTag(own).catch((err) => place(own, element("p", { role: "alert" }, err.message)));
		// The element for the output may stand after the tag.
		if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
		else start();
	}
})();
