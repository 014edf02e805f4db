// SPDX-License-Identifier: MIT

// Runs a Go js/wasm program in Node. The program's file system, process and fetch are
// Node's own. Arguments: wasm_exec.js, the wasm file, the program's variables as
// JSON, then the program's arguments.
"use strict";

const fs = require("node:fs");

const [wasmExec, program, variables, ...argv] = process.argv.slice(1);

// writeSync fails with EAGAIN when the other end has made a shared pipe non-blocking
// and it is full; waiting is what a blocking pipe would have done.
const pause = new Int32Array(new SharedArrayBuffer(4));
const patient = Object.create(fs, {
	writeSync: {
		value(fd, ...rest) {
			for (;;) {
				try {
					return fs.writeSync(fd, ...rest);
				} catch (err) {
					if (err.code !== "EAGAIN") throw err;
					Atomics.wait(pause, 0, 0, 1);
				}
			}
		},
	},
	write: {
		value(fd, buffer, offset, length, position, done) {
			fs.write(fd, buffer, offset, length, position, (err, n) => {
				if (err?.code === "EAGAIN") {
					setTimeout(() => this.write(fd, buffer, offset, length, position, done), 1);
				} else {
					done(err, n);
				}
			});
		},
	},
});

// A read that waits in Node's thread pool keeps process.exit from ending the process, so
// standard input is read as a stream, from the program's first read of it on.
const input = { chunks: [], waiting: [], ended: false, failure: null, started: false };

function serveInput() {
	const { stdin } = process;
	while (input.waiting.length > 0) {
		const { buffer, offset, length, done } = input.waiting[0];
		if (input.chunks.length > 0) {
			const chunk = input.chunks[0];
			const n = Math.min(length, chunk.length);
			buffer.set(chunk.subarray(0, n), offset);
			if (n < chunk.length) input.chunks[0] = chunk.subarray(n);
			else input.chunks.shift();
			input.waiting.shift();
			done(null, n);
		} else if (input.failure !== null || input.ended) {
			input.waiting.shift();
			done(input.failure, 0);
		} else {
			stdin.ref?.();
			stdin.resume();
			return;
		}
	}
	// Nobody waits for input any more, so it is no reason to stay alive.
	stdin.pause();
	stdin.unref?.();
}

patient.read = (fd, buffer, offset, length, position, done) => {
	if (fd !== 0 || position !== null) {
		fs.read(fd, buffer, offset, length, position, done);
		return;
	}
	if (!input.started) {
		input.started = true;
		process.stdin
			.on("data", (chunk) => (input.chunks.push(chunk), serveInput()))
			.on("end", () => ((input.ended = true), serveInput()))
			.on("error", (err) => ((input.failure = err), serveInput()));
	}
	input.waiting.push({ buffer, offset, length, done });
	serveInput();
};

globalThis.fs = patient;
globalThis.path = require("node:path");
require(wasmExec);

const go = new Go();
go.argv = argv;
go.env = JSON.parse(variables);
go.exit = (code) => process.exit(code);
// For tests that count the values which the program holds on to.
globalThis.goReferences = () => go._values.length - go._idPool.length;

// Node ends when nothing can happen any more. If the program has not ended by then, all
// of its goroutines wait for each other: resuming it without an event makes the Go
// runtime say so and exit.
process.on("exit", (code) => {
	if (code === 0 && !go.exited) {
		go._pendingEvent = { id: 0 };
		go._resume();
	}
});

WebAssembly.instantiate(fs.readFileSync(program), go.importObject)
	.then(({ instance }) => go.run(instance))
	.catch((err) => {
		console.error(err);
		process.exit(2);
	});
