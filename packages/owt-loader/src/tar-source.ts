// Chunks of a tar: the subset tars of the Hugging Face copy, the original openwebtext.tar.xz, OpenWebText2's
// jsonl.zst.tar. A plain tar is indexed first and read in lexicographic order of its members; one that is
// compressed as a whole can only be read in its own order, so that order must be right, or be asked for.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ByteReader, type ByteStream, collect } from './byte-reader.js';
import type { Chunk } from './chunk.js';
import { type ByteForm, SNIFF_BYTES, sniff, uncover } from './decompress.js';
import { lineChunks } from './json-lines.js';
import { byCodeUnit, isLitter } from './list-files.js';
import { rangeStream } from './read-chunk.js';
import { ShardError } from './shard-error.js';
import { tarEntries } from './tar.js';

export interface TarMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly form: ByteForm;
}

const MAX_MEMBERS = 1_000_000;
const MAX_MEMBER_BYTES = 1 << 26; // of a member held in memory, compressed

/** The members of a plain tar in lexicographic order; bodies are not read but for their first bytes. */
export async function tarMembers(path: string): Promise<readonly TarMember[]> {
  const members: TarMember[] = [];
  const stream = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    for await (const entry of tarEntries(new ByteReader(stream), path)) {
      if (members.length === MAX_MEMBERS)
        throw new ShardError(
          `${path} is refused: found more than ${MAX_MEMBERS} members, expected at most that many.\n` +
            'Unpack it and give the folder.',
          { code: 'refused', file: path },
        );
      const start = await new ByteReader(entry.body()).exactly(SNIFF_BYTES);
      const { name, offset, size } = entry;
      if (!isLitter(name)) members.push({ name, offset, size, form: sniff(start) });
    }
  } finally {
    stream.destroy();
  }
  return members.sort((a, b) => byCodeUnit(a.name, b.name));
}

/** Chunks of a plain tar, members in lexicographic order. */
export async function* plainTarChunks(
  path: string,
  members: readonly TarMember[],
): AsyncGenerator<Chunk> {
  const areTexts = members.every(({ name, form }) => name.endsWith('.txt') && isText(form));
  if (areTexts && (await stat(path)).size <= MAX_MEMBER_BYTES) {
    yield { kind: 'archive', name: path, from: { path } }; // a chunk for each text would be slow
    return;
  }
  for (const { name, offset, size: length, form } of members) {
    const id = `${path}/${name}`;
    const range = { path, offset, length };
    if (isCutHere(form, name)) yield* memberChunks(rangeStream(range), id, length);
    else if (form !== 'empty') yield { kind: 'archive', name: id, from: range };
  }
}

/**
 * Chunks of a tar that comes as a stream.
 *
 * @param anyOrder take the members as they come; otherwise one out of lexicographic order throws
 */
export async function* streamedTarChunks(
  stream: ByteStream,
  path: string,
  anyOrder: boolean,
): AsyncGenerator<Chunk> {
  let last = '';
  for await (const entry of tarEntries(new ByteReader(stream), path)) {
    if (isLitter(entry.name)) continue;
    if (!anyOrder && entry.name < last)
      throw new ShardError(
        `${path} cannot be read in order: found "${entry.name}" after "${last}", expected lexicographic order.\n` +
          'Unpack it and give the folder, or ask for the order of the archive (order: "archive").',
        { code: 'format', file: path, found: entry.name, expected: `a name after ${last}` },
      );
    last = entry.name;
    yield* memberChunks(entry.body(), `${path}/${entry.name}`, entry.size);
  }
}

/** One member: JSON lines are cut on this thread, anything else is small and goes to a worker as it is. */
async function* memberChunks(
  stream: ByteStream,
  name: string,
  size: number,
): AsyncGenerator<Chunk> {
  const reader = new ByteReader(stream);
  const start = await reader.exactly(SNIFF_BYTES);
  const whole = (async function* () {
    if (start.length > 0) yield start;
    yield* reader.rest();
  })();
  const form = sniff(start);
  if (form === 'empty') return;
  if (isCutHere(form, name)) {
    const inner = await uncover(whole, name);
    if (inner.form === 'json-lines') {
      yield* lineChunks(inner.bytes, name);
      return;
    }
    throw new ShardError(
      `${name} cannot be read: found ${[...inner.layers, inner.form].join(' of ')}, expected JSON lines.`,
      { code: 'format', file: name, found: inner.form, expected: 'JSON lines' },
    );
  }
  const bytes = await collect(
    whole,
    MAX_MEMBER_BYTES,
    () =>
      new ShardError(
        `${name} is refused: found ${size} bytes, expected at most ${MAX_MEMBER_BYTES} in a member of an archive.`,
        { code: 'refused', file: name, found: `${size}`, expected: `${MAX_MEMBER_BYTES}` },
      ),
  );
  yield { kind: 'archive', name, from: bytes };
}

/** A text may begin like JSON. */
function isText(form: ByteForm): boolean {
  return form === 'text' || form === 'json-lines' || form === 'empty';
}

/** JSON lines are cut into chunks on this thread; a text that begins like JSON is a text still. */
function isCutHere(form: ByteForm, name: string): boolean {
  return form === 'zstd' || form === 'gzip' || (form === 'json-lines' && !name.endsWith('.txt'));
}
