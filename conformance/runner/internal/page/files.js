// SPDX-License-Identifier: MIT

// Files for a program in a page: in memory, empty at the start but for /tmp, gone with the
// page. What package testing needs of a file system works on them: t.TempDir, the output of
// examples, and fuzz targets, which look for a folder of seeds and are content with none.
"use strict";

globalThis.makeFiles = (failure) => {
	const folder = () => ({ entries: new Map(), mtime: Date.now() });
	const root = folder();
	root.entries.set("tmp", folder());
	const open = new Map(); // descriptor -> {node, position, append}
	let next = 3; // after the standard streams

	const parts = (path) => path.split("/").filter((part) => part !== "" && part !== ".");

	// find returns the folder that holds a path's last part, that part, and what is there.
	function find(path) {
		const names = parts(path);
		if (names.length === 0) return { parent: root, name: "", node: root };
		let parent = root;
		for (const name of names.slice(0, -1)) {
			parent = parent.entries?.get(name);
			if (!parent) throw failure("ENOENT");
		}
		if (!parent.entries) throw failure("ENOTDIR");
		return { parent, name: names.at(-1), node: parent.entries.get(names.at(-1)) };
	}

	function existing(path) {
		const found = find(path);
		if (!found.node) throw failure("ENOENT");
		return found;
	}

	function opened(fd) {
		const file = open.get(fd);
		if (!file) throw failure("EBADF");
		return file;
	}

	function resize(node, size) {
		if (size > node.data.length) {
			const data = new Uint8Array(Math.max(size, 2 * node.data.length));
			data.set(node.data.subarray(0, node.size));
			node.data = data;
		} else {
			node.data.fill(0, size, Math.max(size, node.size));
		}
		node.size = size;
		node.mtime = Date.now();
	}

	function stat(node) {
		const isFolder = node.entries !== undefined;
		const size = isFolder ? 0 : node.size;
		return {
			dev: 0, ino: 0, mode: isFolder ? 0o40700 : 0o100600, nlink: 1, uid: 0, gid: 0, rdev: 0, size, blksize: 4096,
			blocks: Math.ceil(size / 512), atimeMs: node.mtime, mtimeMs: node.mtime, ctimeMs: node.mtime, isDirectory: () => isFolder,
		};
	}

	const constants = { O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536 };
	const operations = {
		open(path, flags) {
			let { parent, name, node } = find(path);
			if (node && flags & constants.O_CREAT && flags & constants.O_EXCL) throw failure("EEXIST");
			if (!node) {
				if (!(flags & constants.O_CREAT)) throw failure("ENOENT");
				node = { data: new Uint8Array(0), size: 0, mtime: Date.now() };
				parent.entries.set(name, node);
			}
			if (node.entries && flags & (constants.O_WRONLY | constants.O_RDWR)) throw failure("EISDIR");
			if (!node.entries && flags & constants.O_DIRECTORY) throw failure("ENOTDIR");
			if (flags & constants.O_TRUNC) resize(node, 0);
			open.set(next, { node, position: 0, append: (flags & constants.O_APPEND) !== 0 });
			return next++;
		},
		close(fd) {
			opened(fd);
			open.delete(fd);
		},
		read(fd, bytes, offset, length, position) {
			const file = opened(fd);
			if (file.node.entries) throw failure("EISDIR");
			const from = position ?? file.position;
			const data = file.node.data.subarray(from, Math.min(from + length, file.node.size));
			bytes.set(data, offset);
			if (position === null) file.position += data.length;
			return data.length;
		},
		write(fd, bytes, offset, length, position) {
			const file = opened(fd);
			const at = file.append ? file.node.size : (position ?? file.position);
			if (at + length > file.node.size) resize(file.node, at + length);
			file.node.data.set(bytes.subarray(offset, offset + length), at);
			if (position === null) file.position = at + length;
			return length;
		},
		fstat: (fd) => stat(opened(fd).node),
		stat: (path) => stat(existing(path).node),
		lstat: (path) => stat(existing(path).node),
		ftruncate: (fd, size) => resize(opened(fd).node, size),
		truncate: (path, size) => resize(existing(path).node, size),
		mkdir(path) {
			const { parent, name, node } = find(path);
			if (node) throw failure("EEXIST");
			parent.entries.set(name, folder());
		},
		readdir(path) {
			const { node } = existing(path);
			if (!node.entries) throw failure("ENOTDIR");
			return [...node.entries.keys()];
		},
		unlink(path) {
			const { parent, name, node } = existing(path);
			if (node.entries) throw failure("EISDIR");
			parent.entries.delete(name);
		},
		rmdir(path) {
			const { parent, name, node } = existing(path);
			if (!node.entries) throw failure("ENOTDIR");
			if (node.entries.size > 0) throw failure("ENOTEMPTY");
			parent.entries.delete(name);
		},
		rename(from, to) {
			const source = existing(from);
			const target = find(to);
			target.parent.entries.set(target.name, source.node);
			source.parent.entries.delete(source.name);
		},
		fsync() {},
		chmod: (path) => void existing(path),
		fchmod: (fd) => void opened(fd),
		utimes: (path) => void existing(path),
	};

	// Node's calling convention: the last argument is told the error or the result.
	const files = { constants };
	for (const [name, run] of Object.entries(operations)) {
		files[name] = (...args) => {
			const done = args.pop();
			let result;
			try {
				result = run(...args);
			} catch (err) {
				return done(err);
			}
			done(null, result);
		};
	}
	for (const name of ["chown", "fchown", "lchown", "link", "readlink", "symlink"]) {
		files[name] = (...args) => args.at(-1)(failure("ENOSYS"));
	}
	return files;
};
