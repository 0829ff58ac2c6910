// Where the data of a split lies: official folders, official archives, Microsoft's files of MRPC, Hugging Face's
// Parquet files, or one file given by name.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256File } from '@alectra/files';
import { GlueError } from './glue-error.js';
import { microsoftMrpcTest, splitMicrosoftMrpc } from './microsoft-mrpc.js';
import { layoutOf } from './split-layout.js';
import type { GlueTask, SplitName } from './task.js';
import { withArchive } from './zip-archive.js';

export interface FoundFile {
  /** For messages. */
  readonly name: string;
  readonly bytes: Buffer;
}

export type SplitFile =
  | ({ readonly kind: 'tsv' } & FoundFile)
  | { readonly kind: 'parquet'; readonly paths: readonly string[] };

/**
 * @param source the folder that holds the tasks' folders, archives or Parquet folders; or the folder, the archive or
 * the file of this very task
 * @throws GlueError `missing`, `damaged`
 */
export async function findSplit(
  source: string,
  task: GlueTask,
  split: SplitName,
): Promise<SplitFile> {
  const { file } = layoutOf(task, split);
  if (source.endsWith('.parquet')) return { kind: 'parquet', paths: [source] };
  const found = await findFile(source, task, file);
  if (found) return { kind: 'tsv', ...found };
  for (const folder of foldersOf(source, task)) {
    const built = task.name === 'mrpc' ? await fromMicrosoft(folder, split) : undefined;
    if (built) return { kind: 'tsv', ...built };
    const paths = await parquetFiles(folder, split);
    if (paths.length > 0) return { kind: 'parquet', paths };
  }
  throw await notFound(source, task, split);
}

/**
 * One file of a task, such as `dev.tsv` or `original/sts-test.tsv`: unpacked, in the task's archive, or the source
 * itself; undefined where there is none.
 *
 * @throws GlueError `damaged`, `missing` if an archive is there and does not hold it
 */
export async function findFile(
  source: string,
  task: GlueTask,
  file: string,
): Promise<FoundFile | undefined> {
  const { paths, archives } = placesOf(source, task, file);
  for (const path of paths)
    if ((await kindOf(path)) === 'file') return { name: path, bytes: await readFile(path) };
  for (const archive of archives)
    if ((await kindOf(archive)) === 'file') return await fromArchive(archive, task, file);
  return undefined;
}

function placesOf(
  source: string,
  task: GlueTask,
  file: string,
): { readonly paths: readonly string[]; readonly archives: readonly string[] } {
  if (source.endsWith('.zip')) return { paths: [], archives: [source] };
  if (/\.(tsv|txt)$/.test(source)) return { paths: [source], archives: [] };
  const archives = task.downloads.map(({ path }) => path).filter((path) => path.endsWith('.zip'));
  return {
    paths: foldersOf(source, task).map((folder) => join(folder, file)),
    archives: archives.map((path) => join(source, path)),
  };
}

// The official name, Hugging Face's, and the source itself if it bears one of them.
function foldersOf(source: string, task: GlueTask): readonly string[] {
  const names = [task.folder, task.name];
  const own = basename(source).toLowerCase();
  const isOwn = names.some((name) => name.toLowerCase() === own);
  return [...names.map((name) => join(source, name)), ...(isOwn ? [source] : [])];
}

async function fromArchive(path: string, task: GlueTask, file: string): Promise<FoundFile> {
  const known = task.downloads.find((download) => download.path === basename(path));
  const digest = known && (await sha256File(path));
  if (known && digest !== known.sha256)
    throw new GlueError(
      `${path} is not the archive that was published: found SHA-256 ${digest}, expected ${known.sha256}.\n` +
        'Download it again; to use other data, unpack it.',
      { code: 'damaged', file: path, found: digest, expected: known.sha256 },
    );
  return await withArchive(path, async (entries) => {
    const wanted = `${task.folder}/${file}`;
    const entry = entries.find(({ name }) => name === wanted || name === file);
    if (!entry)
      throw new GlueError(
        `${path} holds no ${wanted}: found ${listed(entries.map(({ name }) => name))}.\nCheck that it is the archive of ${task.title}.`,
        { code: 'missing', file: path, expected: wanted },
      );
    return { name: `${path}:${entry.name}`, bytes: await entry.read() };
  });
}

async function fromMicrosoft(folder: string, split: SplitName): Promise<FoundFile | undefined> {
  const [train, test, ids] = [
    'msr_paraphrase_train.txt',
    'msr_paraphrase_test.txt',
    'dev_ids.tsv',
  ].map((name) => join(folder, name)) as [string, string, string];
  if (split === 'test') {
    if ((await kindOf(test)) !== 'file') return undefined;
    return { name: test, bytes: microsoftMrpcTest(await readFile(test)) };
  }
  if ((await kindOf(train)) !== 'file' || (await kindOf(ids)) !== 'file') return undefined;
  const both = splitMicrosoftMrpc(await readFile(train), await readFile(ids));
  return { name: train, bytes: split === 'train' ? both.train : both.validation };
}

// train-00000-of-00001.parquet, or train/0000.parquet as the hub's converter lays them out.
async function parquetFiles(folder: string, split: SplitName): Promise<readonly string[]> {
  const named = (await list(folder)).filter((name) =>
    new RegExp(`^${split}-\\d+-of-\\d+\\.parquet$`).test(name),
  );
  const expected = Number(/-of-(\d+)/.exec(named[0] ?? '')?.[1] ?? 0);
  if (named.length !== expected)
    throw new GlueError(
      `${folder} holds ${named.length} of the ${expected} Parquet files of "${split}".\nDownload the others.`,
      { code: 'missing', file: folder },
    );
  if (named.length > 0) return named.sort().map((name) => join(folder, name));
  const inFolder = (await list(join(folder, split))).filter((name) => /^\d+\.parquet$/.test(name));
  return inFolder.sort().map((name) => join(folder, split, name));
}

async function list(folder: string): Promise<readonly string[]> {
  return (await kindOf(folder)) === 'folder' ? await readdir(folder) : [];
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

async function notFound(source: string, task: GlueTask, split: SplitName): Promise<GlueError> {
  const { paths, archives } = placesOf(source, task, layoutOf(task, split).file);
  const why = (await kindOf(source))
    ? `${source} holds none: no ${listed([...paths, ...archives])}, no Parquet file`
    : `${source} does not exist`;
  return new GlueError(
    `there is no data of ${task.title} (${split}): ${why}.\n` +
      `Download it with downloadTask, or name the folder that holds ${task.folder}/.`,
    { code: 'missing', file: source },
  );
}

function listed(names: readonly string[]): string {
  return names.length > 5
    ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
    : names.join(', ') || 'nothing';
}
