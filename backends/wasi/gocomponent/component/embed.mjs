// SPDX-License-Identifier: MIT
//
// One job for the component tools of jco: read from node's standard input by package
// component, with its arguments in the environment as JSON.

import { readFile, writeFile } from 'node:fs/promises';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';

const job = JSON.parse(process.env.ISOHTTP_COMPONENT_JOB);
const text = (e) => String(e?.payload ?? e?.message ?? e);

let step = 'read';
try {
  const core = new Uint8Array(await readFile(job.core));
  const adapter = new Uint8Array(await readFile(job.adapter));
  const witSource = await readFile(job.wit, 'utf8');
  step = 'embed';
  const embedded = await componentEmbed({ binary: core, witSource, world: job.world, dummy: false });
  step = 'new'; // encodes, and validates what it encoded
  const made = await componentNew(embedded, [['wasi_snapshot_preview1', adapter]]);
  step = 'write';
  await writeFile(job.out, made);
} catch (e) {
  process.stderr.write(`${step}: ${text(e)}\n`);
  process.exit(1);
}
