// A file of a repository on the Hugging Face hub, by way of the cache that Python uses too.

import { copyFile, mkdir, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { writeFileAtomic } from './atomic-file.js';
import { ensureBlob } from './hub-download.js';
import { HubError } from './hub-error.js';
import type { HubOptions } from './hub-options.js';
import { checkNames, isCommit, type RepoPaths, repoPaths } from './hub-paths.js';
import { send, withAttempts } from './hub-request.js';
import { doneWith, exists, temporaryBeside } from './temporary-name.js';

/** A file in the cache. */
export interface HubFile {
  /** Path inside the snapshot. */
  readonly path: string;
  /** Folder of the snapshot: all files of one commit. */
  readonly snapshot: string;
  /** The commit: pass it as revision to get further files of the same state. */
  readonly commit: string;
}

/**
 * Path of one file of a repository, downloaded if the cache does not hold it.
 *
 * The bytes are verified by the digest that the hub announces, and appear in the cache whole or not at all. If the
 * hub cannot be reached, what the cache holds for the revision is used, and `onEvent` told.
 *
 * @param repo `org/name` or `name`
 * @param file such as `config.json` or `onnx/model.onnx`
 * @returns undefined if the repository has no such file (at the revision)
 * @throws HubError
 */
export async function hubFile(
  repo: string,
  file: string,
  options: HubOptions,
): Promise<HubFile | undefined> {
  const { cache, revision = 'main', offline = false, repoType = 'model' } = options;
  checkNames(repo, revision, file);
  const paths = repoPaths(cache, repo, repoType);
  const known = await cached(paths, revision, file);
  const mayUse = isCommit(revision) && !options.verify;
  if (known !== 'unknown' && (offline || mayUse)) return known === 'missing' ? undefined : known;
  if (offline) throw notCached(repo, file, revision, cache);

  let remote: RemoteFile | { readonly commit: string | null };
  try {
    remote = await withAttempts(file, options, () => lookUp(repo, revision, file, options));
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'unreachable' || known === 'unknown') {
      throw error;
    }
    options.onEvent?.({ type: 'stale', file, reason: error.message });
    return known === 'missing' ? undefined : known;
  }
  if (!('etag' in remote)) {
    if (remote.commit !== null) await writeFileAtomic(paths.missing(remote.commit, file), '');
    return undefined;
  }
  const { commit, etag, byteLength, url } = remote;
  const blob = paths.blob(etag);
  // nothing is written if all is there: the cache may be read-only
  if (
    typeof known === 'object' &&
    known.commit === commit &&
    !options.verify &&
    (await isLinked(known.path, blob, byteLength))
  ) {
    return known;
  }
  await ensureBlob(
    { file, url, etag, byteLength, path: blob, lockPath: paths.lock(etag) },
    options,
  );
  const snapshot = paths.snapshot(commit);
  const path = join(snapshot, file);
  await linkTo(blob, path);
  if (revision !== commit) await keepRef(paths.ref(revision), commit);
  return { path, snapshot, commit };
}

interface RemoteFile {
  readonly url: string;
  readonly commit: string;
  readonly etag: string;
  readonly byteLength: number;
}

async function lookUp(
  repo: string,
  revision: string,
  file: string,
  options: HubOptions,
): Promise<RemoteFile | { readonly commit: string | null }> {
  const { endpoint = 'https://huggingface.co', repoType = 'model' } = options;
  const name = repoType === 'model' ? repo : `${repoType}s/${repo}`;
  const path = file.split('/').map(encodeURIComponent).join('/');
  const url = `${endpoint}/${name}/resolve/${encodeURIComponent(revision)}/${path}`;
  const answer = await send({ method: 'HEAD', url, file, stopAtOtherHost: true }, options);
  answer.done();
  const { status, headers } = answer.response;
  const commit = headers.get('x-repo-commit');
  if (status === 404) {
    const code = headers.get('x-error-code');
    if (code === 'EntryNotFound') return { commit: commit && isCommit(commit) ? commit : null };
    throw notFound(repo, revision, url, code);
  }
  const etag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '').replace(/^W\/|"/g, '');
  const size = headers.get('x-linked-size') ?? headers.get('content-length');
  if (status >= 400 || !commit || !isCommit(commit)) {
    throw notFound(repo, revision, url, `status ${status} without a commit`);
  }
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) || size === null || !/^\d+$/.test(size)) {
    throw new HubError(
      'unverifiable',
      `cannot verify ${file}: ${url} announces the digest ${JSON.stringify(etag)} and the size ${size}, ` +
        'expected 40 or 64 hexadecimal digits and a number.\nUse another HF_ENDPOINT.',
    );
  }
  return { url: answer.url, commit, etag, byteLength: Number(size) };
}

/** What the cache knows about a file: where it is, that there is none, or nothing. */
async function cached(
  paths: RepoPaths,
  revision: string,
  file: string,
): Promise<HubFile | 'missing' | 'unknown'> {
  const ref = await readFile(paths.ref(revision), 'utf8').catch(() => '');
  const commit = isCommit(revision) ? revision : ref.trim();
  if (!isCommit(commit)) return 'unknown';
  const snapshot = paths.snapshot(commit);
  const path = join(snapshot, file);
  if (await isFile(path)) return { path, snapshot, commit };
  return (await exists(paths.missing(commit, file))) ? 'missing' : 'unknown';
}

async function isLinked(path: string, blob: string, byteLength: number): Promise<boolean> {
  const [from, to] = await Promise.all(
    [path, blob].map((name) => realpath(name).catch(() => name)),
  );
  const found = await stat(to).catch(() => undefined);
  return from === to && found?.size === byteLength;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

// A relative link, so that the cache can be moved; a copy where links are not allowed. Replaced in one step.
async function linkTo(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path, 'tmp');
  try {
    await symlink(relative(dirname(path), blob), temporary).catch(async (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
      await copyFile(blob, temporary);
    });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
    doneWith(temporary);
  }
}

async function keepRef(path: string, commit: string): Promise<void> {
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old !== commit) await writeFileAtomic(path, commit);
}

function notFound(repo: string, revision: string, url: string, code: string | null): HubError {
  const what =
    code === 'RevisionNotFound'
      ? `${repo} has no revision "${revision}"`
      : `there is no repository ${repo}`;
  return new HubError(
    'not-found',
    `${what} (${code ?? 'status 404'}, ${url}).\nCheck the name; private ones need a token.`,
  );
}

function notCached(repo: string, file: string, revision: string, cache: string): HubError {
  return new HubError(
    'offline',
    `${file} of ${repo} at "${revision}" is not in the cache ${cache}, and downloads are switched off.\n` +
      'Run once without HF_HUB_OFFLINE, or copy the cache from another machine.',
  );
}
