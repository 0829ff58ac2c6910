// Chunks of Parquet files, a row group each: local files, and files on the Hugging Face hub as they stream in.

import { createHash } from 'node:crypto';
import { parquetMetadata } from 'hyparquet';
import { ByteReader } from './byte-reader.js';
import type { Chunk, Source } from './chunk.js';
import { boundedMetadata } from './parquet-process.js';
import {
  checkCachedHash,
  footerOf,
  openRandomAccess,
  parquetGroups,
  type RandomAccess,
} from './parquet-text.js';
import { ShardError } from './shard-error.js';

/** The row groups of local files, in order. */
export async function* parquetChunks(
  paths: readonly string[],
  textKey: string,
): AsyncGenerator<Chunk> {
  for (const path of paths) {
    const trusted = await checkCachedHash(path);
    const file = await openRandomAccess(path);
    try {
      const footer = trusted
        ? parquetMetadata(await footerOf(file))
        : await boundedMetadata(file, path);
      for (const { metadata, range } of parquetGroups(footer, file, path, textKey))
        yield { kind: 'row-group', name: path, metadata, range, from: { path }, trusted };
    } finally {
      await file.close();
    }
  }
}

export interface RemoteFile {
  readonly path: string;
  readonly url: string;
  readonly size: number;
  /** Of the whole file; tested as it streams in. */
  readonly sha256?: string;
}

export type Fetch = (url: string, init?: { headers?: Record<string, string> }) => Promise<Response>;

/**
 * The Parquet files of a dataset on the hub, found by listing its tree: layouts differ between revisions
 * (data/train-00000-of-00080, plain_text/train-..., plain_text/partial-train/0000), so names are not guessed.
 *
 * @param fetch adds the token for a gated dataset, if one is needed
 * @throws ShardError `missing` if the listing fails or holds no Parquet file
 */
export async function listHubDataset(
  repository: string,
  {
    revision = 'main',
    fetch = globalThis.fetch,
    host = 'https://huggingface.co',
  }: { revision?: string; fetch?: Fetch; host?: string } = {},
): Promise<readonly RemoteFile[]> {
  const files: RemoteFile[] = [];
  const reference = encodeURIComponent(revision);
  let next: string | undefined =
    `${host}/api/datasets/${repository}/tree/${reference}?recursive=true`;
  while (next) {
    const answer: Response = await fetch(next);
    if (!answer.ok) throw unlisted(repository, revision, `status ${answer.status}`);
    for (const entry of (await answer.json()) as readonly HubEntry[]) {
      if (entry.type !== 'file' || !entry.path.endsWith('.parquet')) continue;
      const url = `${host}/datasets/${repository}/resolve/${reference}/${entry.path}`;
      const hash = entry.lfs?.oid;
      files.push({ path: entry.path, url, size: entry.size, ...(hash && { sha256: hash }) });
    }
    next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  const train = files.filter(({ path }) => /(?:^|[/-])train/.test(path));
  if (files.length === 0) throw unlisted(repository, revision, 'no Parquet file');
  return (train.length > 0 ? train : files).sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface HubEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly lfs?: { readonly oid?: string };
}

/**
 * A source over remote Parquet files: each is fetched once, front to back, and held one row group at a time.
 *
 * The last row group of a file is given out when the file's SHA-256 has been found right, and a build makes no
 * durable note between: rows of a damaged download never survive.
 */
export function remoteParquetSource(
  files: readonly RemoteFile[],
  { fetch = globalThis.fetch, textKey = 'text' }: { fetch?: Fetch; textKey?: string } = {},
): Source {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return {
    found: `${files.length} Parquet files on the hub, ${(bytes / 1e9).toFixed(2)} GB`,
    bytes,
    async *chunks() {
      for (const file of files) yield* remoteChunks(file, fetch, textKey);
    },
  };
}

async function* remoteChunks(
  file: RemoteFile,
  fetch: Fetch,
  textKey: string,
): AsyncGenerator<Chunk> {
  const { path: name, sha256 } = file;
  const access = remoteAccess(file, fetch);
  const groups = parquetGroups(await boundedMetadata(access, name), access, name, textKey);
  const answer = await fetch(file.url);
  if (!answer.ok || !answer.body) throw unreadable(name, `status ${answer.status}`, 'status 200');
  const hash = createHash('sha256');
  const body = answer.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  const reader = new ByteReader(body);
  const read = async (count: number): Promise<Uint8Array> => {
    const bytes = await reader.exactly(count);
    if (bytes.length < count)
      throw unreadable(name, `the end after ${reader.offset} bytes`, `${file.size} bytes`);
    hash.update(bytes);
    return bytes;
  };
  for (const [i, { metadata, range }] of groups.entries()) {
    if (range.start < reader.offset)
      throw unreadable(name, 'row groups that overlap', 'a sequence');
    await read(range.start - reader.offset);
    const bytes = await read(range.end - range.start);
    const last = i === groups.length - 1;
    if (last) {
      for await (const rest of reader.rest()) hash.update(rest);
      const found = hash.digest('hex');
      if (sha256 !== undefined && found !== sha256)
        throw unreadable(name, `SHA-256 ${found}`, `SHA-256 ${sha256}`);
    }
    yield { kind: 'row-group', name, metadata, range, from: { bytes }, unverified: !last };
  }
}

function remoteAccess({ url, size, path }: RemoteFile, fetch: Fetch): RandomAccess {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const answer = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } });
      if (!answer.ok) throw unreadable(path, `status ${answer.status}`, 'a range of the file');
      const bytes = await answer.arrayBuffer();
      // A server may answer a range with the whole file.
      return answer.status === 206 ? bytes : bytes.slice(start, end);
    },
  };
}

function unreadable(name: string, found: string, expected: string): ShardError {
  return new ShardError(
    `${name} could not be read from the hub: found ${found}, expected ${expected}.\nRun the build again to go on.`,
    { code: 'damaged', file: name, found, expected },
  );
}

function unlisted(repository: string, revision: string, found: string): ShardError {
  return new ShardError(
    `the dataset ${repository} at ${revision} cannot be listed: found ${found}, expected Parquet files.\n` +
      'Check name and revision (refs/convert/parquet holds converted data sets), and the token if it is gated.',
    { code: 'missing', file: repository, found, expected: 'Parquet files' },
  );
}
