// A path of any known kind to a source: what it is is found out from the bytes, said in words, and only then read.

import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { arrowMessages } from './arrow-text.js';
import type { Chunk, Source } from './chunk.js';
import { type ByteForm, SNIFF_BYTES, sniff, uncover } from './decompress.js';
import { fileBytes } from './file-bytes.js';
import { lineChunks } from './json-lines.js';
import { listFiles } from './list-files.js';
import { parquetChunks } from './parquet-source.js';
import { ShardError } from './shard-error.js';
import { plainTarChunks, streamedTarChunks, tarMembers } from './tar-source.js';

export interface SourceOptions {
  /** Field of JSON objects, or column, that holds the text. Default `text`. */
  readonly textKey?: string;
  /** `names` (default): lexicographic order, as Hugging Face. `archive`: as a compressed archive has it. */
  readonly order?: 'names' | 'archive';
}

interface FoundFile {
  readonly path: string;
  readonly form: ByteForm;
}

/** Small files that stand beside data and are none. */
const BESIDE = /^(?:state|dataset_info|dataset_dict|alectra-manifest|config)\.json$/;
const MARKDOWN = /\.(?:md|markdown|mdx)$/i;
const FILES_A_CHUNK = 64;
/** An archive of a folder up to this size is one chunk; a larger one is read as a stream. */
const MAX_MEMBER_BYTES = 1 << 26;

const FORM_NAMES: Readonly<Partial<Record<ByteForm, string>>> = {
  xz: 'xz archives',
  zstd: 'zstd files',
  gzip: 'gzip files',
  tar: 'tar archives',
  parquet: 'Parquet files',
  'arrow-stream': 'Arrow streams',
  'json-lines': 'JSON lines files',
  text: 'text files',
};

/**
 * Opens a file or folder of raw text: the original OpenWebText (archive or folder), the subset tars, Parquet,
 * `save_to_disk` folders, JSON lines in any compression, text and Markdown trees.
 *
 * @throws ShardError `missing`, `format` (nothing known, or a mixture) or `damaged`
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<Source> {
  const info = await stat(path).catch((error: unknown) => {
    throw new ShardError(
      `there is no file or folder ${path}.\nGive the path of a corpus.`,
      { code: 'missing', file: path },
      error,
    );
  });
  return info.isDirectory() ? folderSource(path, options) : fileSource(path, info.size, options);
}

async function fileSource(path: string, bytes: number, options: SourceOptions): Promise<Source> {
  const form = await formOf(path);
  let found = (FORM_NAMES[form] ?? form).replace(/s$/, '');
  if (form === 'xz' || form === 'zstd' || form === 'gzip') {
    const inner = await uncover(createReadStream(path), path);
    await inner.close();
    found = [...inner.layers, inner.form].join(' of ');
  }
  if (form === 'unknown' || form === 'tfrecord' || form === 'arrow-file') throw unknown(path, form);
  return source(`${found}, ${size(bytes)}`, bytes, [{ path, form }], options);
}

async function folderSource(root: string, options: SourceOptions): Promise<Source> {
  const dataset = await savedDataset(root);
  if (dataset) return dataset;
  const paths = (await listFiles(root)).filter(
    (path) => !BESIDE.test(path.slice(path.lastIndexOf('/') + 1)),
  );
  const byForm = new Map<ByteForm, string[]>();
  const formByEnding = new Map<string, ByteForm>();
  for (const path of paths) {
    const ending = /\.[^./]*$/.exec(path)?.[0] ?? path;
    const known = formByEnding.get(ending);
    const sniffed = known ?? (await formOf(join(root, path)));
    // A text that begins like JSON is a text still.
    const form = sniffed === 'json-lines' && ending === '.txt' ? 'text' : sniffed;
    if (form !== 'empty') formByEnding.set(ending, form);
    byForm.set(form, [...(byForm.get(form) ?? []), path]);
  }
  const total = async (of: readonly string[]): Promise<number> => {
    let sum = 0;
    for (const path of of) sum += (await stat(join(root, path))).size;
    return sum;
  };
  const data = [...byForm.keys()].filter((form) => form !== 'text' && form in FORM_NAMES);
  const [form, other] = data;
  if (other !== undefined) throw mixture(root, byForm);
  if (form !== undefined) {
    const files = byForm.get(form) ?? [];
    const bytes = await total(files);
    const left = paths.length - files.length;
    const found = `${files.length} ${FORM_NAMES[form]}, ${size(bytes)}${left ? `, ${left} other files left out` : ''}`;
    return source(
      found,
      bytes,
      files.map((path) => ({ path: join(root, path), form })),
      options,
    );
  }
  const texts = byForm.get('text') ?? [];
  const plain = texts.filter((path) => !MARKDOWN.test(path));
  const markdown = texts.filter((path) => MARKDOWN.test(path));
  if (texts.length === 0) throw mixture(root, byForm);
  const names = [
    plain.length && `${plain.length} text files`,
    markdown.length && `${markdown.length} Markdown files`,
  ];
  const bytes = await total(texts);
  return {
    found: `${names.filter(Boolean).join(' and ')}, ${size(bytes)}`,
    bytes,
    async *chunks() {
      yield* groups('text-files', root, plain);
      yield* groups('markdown-files', root, markdown);
    },
  };
}

function source(
  found: string,
  bytes: number,
  files: readonly FoundFile[],
  { textKey = 'text', order = 'names' }: SourceOptions,
): Source {
  return {
    found,
    bytes,
    async *chunks() {
      for (const { path, form } of files) {
        if (form === 'parquet') yield* parquetChunks([path], textKey);
        else if (form === 'arrow-stream') yield* arrowChunks(path);
        else if (form === 'tar') yield* plainTarChunks(path, await tarMembers(path));
        else yield* streamChunks(path, order === 'archive', files.length > 1);
      }
    },
  };
}

/** A compressed or plain file: a tar or JSON lines are cut here, anything else is one archive member. */
async function* streamChunks(
  path: string,
  anyOrder: boolean,
  isMember: boolean,
): AsyncGenerator<Chunk> {
  const inner = await uncover(createReadStream(path, { highWaterMark: 1 << 18 }), path);
  if (inner.form === 'json-lines' && inner.layers.length === 0) {
    await inner.close();
    yield* lineChunks(fileBytes(path), path);
  } else if (inner.form === 'json-lines') {
    yield* lineChunks(inner.bytes, path);
  } else if (inner.form === 'tar' && !(isMember && (await stat(path)).size <= MAX_MEMBER_BYTES)) {
    yield* streamedTarChunks(inner.bytes, path, anyOrder);
  } else {
    await inner.close();
    yield { kind: 'archive', name: path, from: { path } };
  }
}

async function* arrowChunks(path: string): AsyncGenerator<Chunk> {
  const messages = await arrowMessages(path);
  const before = messages.filter(({ kind }) => kind !== 'batch');
  for (const message of messages)
    if (message.kind === 'batch')
      yield { kind: 'arrow', name: path, path, messages: [...before, message] };
}

function* groups(
  kind: 'text-files' | 'markdown-files',
  root: string,
  paths: readonly string[],
): Generator<Chunk> {
  for (let at = 0; at < paths.length; at += FILES_A_CHUNK)
    yield { kind, root, paths: paths.slice(at, at + FILES_A_CHUNK) };
}

/** A folder of save_to_disk: its files in the order of state.json; of several splits, `train`. */
async function savedDataset(root: string): Promise<Source | undefined> {
  const read = async (file: string): Promise<unknown> =>
    readFile(join(root, file), 'utf8').then(
      (text) => JSON.parse(text) as unknown,
      () => undefined,
    );
  const splits = (await read('dataset_dict.json')) as { splits?: readonly string[] } | undefined;
  if (splits?.splits) {
    const split = splits.splits.includes('train') ? 'train' : splits.splits[0];
    if (split === undefined) return undefined;
    const inner = await savedDataset(join(root, split));
    return (
      inner && {
        ...inner,
        found: `${inner.found}, split "${split}" of ${splits.splits.join(', ')}`,
      }
    );
  }
  const state = (await read('state.json')) as
    | { _data_files?: readonly { filename: string }[] }
    | undefined;
  if (!state?._data_files) return undefined;
  const paths = state._data_files.map(({ filename }) => join(root, filename));
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path).catch(() => ({ size: 0 }))).size;
  return {
    found: `a Hugging Face dataset of ${paths.length} Arrow streams, ${size(bytes)}`,
    bytes,
    async *chunks() {
      for (const path of paths) yield* arrowChunks(path);
    },
  };
}

async function formOf(path: string): Promise<ByteForm> {
  const handle = await open(path, 'r');
  try {
    const start = Buffer.alloc(SNIFF_BYTES);
    const { bytesRead } = await handle.read(start, 0, SNIFF_BYTES, 0);
    return sniff(start.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
}

function unknown(path: string, form: ByteForm): ShardError {
  const hint: Partial<Record<ByteForm, string>> = {
    tfrecord: 'TFRecords hold examples, not text: convert them with "alectra-shards convert".',
    'arrow-file': 'Write it as an Arrow stream (datasets: save_to_disk).',
  };
  return new ShardError(
    `${path} cannot be read as a corpus: found ${form}.\n${hint[form] ?? 'Expected archives, Parquet, Arrow, JSON lines or text.'}`,
    { code: 'format', file: path, found: form },
  );
}

function mixture(root: string, byForm: ReadonlyMap<ByteForm, readonly string[]>): ShardError {
  const found = [...byForm].map(([form, files]) => `${files.length} ${FORM_NAMES[form] ?? form}`);
  return new ShardError(
    `${root} is not one corpus: found ${found.join(', ') || 'no files'}, expected files of one kind.\n` +
      'Give the path of the part to read.',
    { code: 'format', file: root, found: found.join(', ') },
  );
}
