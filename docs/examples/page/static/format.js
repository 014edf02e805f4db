// SPDX-License-Identifier: MIT

// Numbers for people.

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

// bytes writes a size with three figures or so.
export function bytes(n) {
	let unit = 0;
	while (n >= 1024 && unit < units.length - 1) {
		n /= 1024;
		unit++;
	}
	const digits = unit === 0 || n >= 100 || Number.isInteger(n) ? 0 : 1;
	return `${n.toFixed(digits)} ${n === 1 && unit === 0 ? "byte" : units[unit]}`;
}

// duration writes milliseconds.
export function duration(ms) {
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	if (ms < 10_000) return `${ms.toFixed(0)} ms`;
	return `${(ms / 1000).toFixed(1)} s`;
}

// count writes a number of things.
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
