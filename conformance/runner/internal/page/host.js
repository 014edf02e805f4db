// SPDX-License-Identifier: MIT

// Runs a Go js/wasm program in a page and connects it to the runner, which serves
// "control": what the program writes is posted there, what it reads comes from there.
// control is another origin on purpose. A browser opens only a few connections to one
// origin, and a test that holds them all must still be able to report.
"use strict";

(() => {
	// Kept, because a program under test may replace them.
	const fetch = globalThis.fetch.bind(globalThis);
	let control;

	// Output: frames of [descriptor, length (4 bytes, little endian), bytes] in the order
	// of the writes. One request is under way at a time; what is written meanwhile goes
	// with the next one.
	const highWater = 1 << 20; // from here on a write waits for the one before
	let frames = [];
	let queued = 0;
	let waiting = [];
	let flushing = null;

	function enqueue(fd, bytes) {
		const header = new Uint8Array(5);
		header[0] = fd;
		new DataView(header.buffer).setUint32(1, bytes.length, true);
		frames.push(header, bytes.slice());
		queued += bytes.length;
		flushing ??= flush().finally(() => (flushing = null));
	}

	async function flush() {
		while (frames.length > 0) {
			const body = new Blob(frames);
			const release = waiting;
			[frames, queued, waiting] = [[], 0, []];
			await fetch(`${control}output`, { method: "POST", body });
			release.forEach((done) => done());
		}
	}

	async function report(path, text) {
		while (flushing) await flushing;
		await fetch(`${control}${path}`, { method: "POST", body: text });
	}

	function failure(code) {
		const err = new Error(code);
		err.code = code;
		return err;
	}

	// The program's file system: the three standard streams, and files in memory.
	const files = globalThis.makeFiles(failure);
	const fs = {
		...files,
		writeSync(fd, bytes) {
			enqueue(fd, bytes);
			return bytes.length;
		},
		write(fd, bytes, offset, length, position, done) {
			if (fd > 2) return files.write(fd, bytes, offset, length, position, done);
			if (fd === 0 || position !== null) return done(failure("EBADF"));
			enqueue(fd, bytes.subarray(offset, offset + length));
			if (queued < highWater) done(null, length);
			else waiting.push(() => done(null, length));
		},
		read(fd, bytes, offset, length, position, done) {
			if (fd > 2) return files.read(fd, bytes, offset, length, position, done);
			if (fd !== 0 || position !== null) return done(failure("EBADF"));
			fetch(`${control}input?n=${length}`, { method: "POST" })
				.then((response) => (response.ok ? response.arrayBuffer() : Promise.reject()))
				.then((data) => {
					bytes.set(new Uint8Array(data), offset);
					done(null, data.byteLength);
				})
				.catch(() => done(failure("EIO")));
		},
		fstat(fd, done) {
			if (fd > 2) return files.fstat(fd, done);
			done(null, {
				dev: 0, ino: fd, mode: fs.modes[fd], nlink: 1, uid: 0, gid: 0, rdev: 0, size: 0, blksize: 4096, blocks: 0,
				atimeMs: 0, mtimeMs: 0, ctimeMs: 0, isDirectory: () => false,
			});
		},
		fsync(fd, done) {
			done(null);
		},
		modes: [0, 0, 0],
	};
	globalThis.fs = fs;

	async function main() {
		const config = await (await fetch("config.json")).json();
		control = config.control;
		fs.modes = config.modes;
		// Held open by the runner. When the browser drops it, the page is gone.
		fetch(`${control}alive`, { method: "POST" }).catch(() => {});

		const go = new Go();
		go.argv = config.args;
		go.env = config.env;
		// For tests that count the values which the program holds on to.
		globalThis.goReferences = () => go._values.length - go._idPool.length;
		let code = 0;
		go.exit = (status) => (code = status);

		// A trap in a callback ends in the page's error event, not in run.
		const trapped = new Promise((resolve, reject) => {
			addEventListener("error", ({ error }) => {
				if (!go.exited && (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) reject(error);
			});
		});
		let instance;
		try {
			({ instance } = await WebAssembly.instantiateStreaming(fetch("program.wasm"), go.importObject));
		} catch (err) {
			return report("failure", `the browser cannot load the program: ${err}`);
		}
		try {
			await Promise.race([go.run(instance), trapped]);
		} catch (err) {
			enqueue(2, new TextEncoder().encode(`${err.stack ?? err}\n`));
			code = 2;
		}
		await report("exit", String(code));
	}

	addEventListener("DOMContentLoaded", () => {
		main().catch((err) => control && report("failure", `the page failed: ${err}`));
	});
})();
