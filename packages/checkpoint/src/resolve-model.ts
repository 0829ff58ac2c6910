// A model by name: a local folder, or a repository on the Hugging Face hub.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HubError, type HubFile, type HubOptions, hubFile, isRepoId } from '@alectra/files';
import { CheckpointError } from './checkpoint-error.js';
import { readJsonObject } from './json-file.js';
import { WEIGHT_FILES } from './open-weights.js';

/** Files beside the weights that are fetched if the repository has them. */
const COMPANIONS: readonly string[] = [
  'vocab.txt',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
];

export interface ResolveOptions {
  /** Where the hub is and its cache lies: `hubOptionsFromEnv(process.env, os.homedir())` of `@alectra/files`. */
  readonly hub?: HubOptions;
  /** Further files to fetch if the repository has them, such as `onnx/model.onnx`. */
  readonly files?: readonly string[];
}

/**
 * Folder of a model: `nameOrPath` itself if it is a folder, else the snapshot of the repository of that name in the
 * hub's cache, after fetching config.json, the weights and the tokenizer's files. All files are of one commit.
 *
 * @throws CheckpointError `missing-file`; HubError of `@alectra/files`
 */
export async function resolveModel(
  nameOrPath: string,
  { hub, files = [] }: ResolveOptions = {},
): Promise<string> {
  const found = await stat(nameOrPath).catch(() => undefined);
  if (found?.isDirectory()) return resolve(nameOrPath);
  if (!isRepoId(nameOrPath) || !hub) throw noFolder(nameOrPath, hub !== undefined);

  const config = await hubFile(nameOrPath, 'config.json', hub);
  if (!config) throw lacks(nameOrPath, 'config.json');
  const atCommit: HubOptions = { ...hub, revision: config.commit };
  // Offline, what the cache does not know counts as absent: Python notes few of the files that a repository lacks.
  const fetchFile = (file: string): Promise<HubFile | undefined> =>
    hubFile(nameOrPath, file, atCommit).catch((error: unknown) => {
      if (error instanceof HubError && error.code === 'offline') return undefined;
      throw error;
    });

  if (!(await fetchWeights(nameOrPath, fetchFile))) throw noWeights(nameOrPath, hub);
  for (const file of [...COMPANIONS, ...files]) await fetchFile(file);
  return config.snapshot;
}

/** Whether there are any. */
async function fetchWeights(
  repo: string,
  fetchFile: (file: string) => Promise<HubFile | undefined>,
): Promise<boolean> {
  for (const name of WEIGHT_FILES) {
    const file = await fetchFile(name);
    if (!file) continue;
    if (!name.endsWith('.index.json')) return true;
    for (const shard of await shardsOf(file.path)) {
      if (!(await fetchFile(shard))) throw lacks(repo, `${shard}, which ${name} names`);
    }
    return true;
  }
  return false;
}

function noWeights(repo: string, { cache, offline }: HubOptions): CheckpointError {
  const none = `weights: none of ${WEIGHT_FILES.join(', ')}`;
  if (!offline) return lacks(repo, none);
  return new CheckpointError(
    'missing-file',
    `the cache ${cache} has no ${none} of ${repo}.\nLoad the model once with downloads switched on.`,
  );
}

async function shardsOf(indexPath: string): Promise<Set<string>> {
  const { weight_map: map } = await readJsonObject(indexPath, 'bad-index');
  // names that are no plain file names are refused by hubFile, and again when the index is opened
  return new Set(Object.values(map ?? {}).map(String));
}

function noFolder(name: string, hasHub: boolean): CheckpointError {
  const why = hasHub ? 'nor a name such as "org/name"' : 'and no hub is configured';
  return new CheckpointError(
    'missing-file',
    `there is no model ${JSON.stringify(name)}: it is no folder, ${why}.\n` +
      'Check the path, or pass `hub` options to download it.',
  );
}

function lacks(repo: string, what: string): CheckpointError {
  return new CheckpointError(
    'missing-file',
    `the repository ${repo} has no ${what}.\nIt is no model that can be loaded here; check the name and revision.`,
  );
}
