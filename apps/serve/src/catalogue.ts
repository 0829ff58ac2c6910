// The models that may be served: given as folders, or found in a folder of runs, newest first.
//
// Names of models are keys of a map and never become paths, so no request can leave these folders. What is found
// below a folder must lie in it for real: links that lead elsewhere are left out.

import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { WEIGHT_FILES } from '@alectra/checkpoint';
import { isModelId, modelIdPart } from './model-id.js';
import { type RunFolder, readServedModel, type ServedModel } from './served-model.js';

/** Looking at the disk again within this time is not worth it. */
const FRESH_MS = 2000;

export interface Catalogue {
  /** Newest first. */
  readonly models: readonly ServedModel[];
  /** Runs with or without an exported model, newest first. */
  readonly runs: readonly RunFolder[];
  /** Folders that look like models and could not be read. */
  readonly faults: readonly { readonly folder: string; readonly message: string }[];
  find(id: string): ServedModel | undefined;
  /** Looks at the folders again, at most every two seconds unless `now`. */
  refresh(now?: boolean): Promise<void>;
}

/**
 * @param sources each a model folder, a run folder, a folder of such, or `org/name=<model folder>`
 * @throws Error for a source that does not exist
 */
export async function openCatalogue(sources: readonly string[]): Promise<Catalogue> {
  for (const source of sources) {
    const { path } = splitSource(source);
    if (!(await isFolder(path)))
      throw new Error(
        `serve: cannot serve ${path}: found no such folder, expected a model, a run, or a folder of them.\n` +
          'Check the path; npm run quickstart makes a model.',
      );
  }
  let found: Scan = { models: new Map(), runs: new Map(), faults: [] };
  let scannedAt = Number.NEGATIVE_INFINITY;
  let scanning: Promise<void> | undefined;

  const scanAll = async (): Promise<void> => {
    const next: Scan = { models: new Map(), runs: new Map(), faults: [] };
    for (const source of sources)
      await scanSource(source, next).catch((error: Error) => {
        // a folder that was deleted or closed to us while it was read hides no other
        next.faults.push({ folder: splitSource(source).path, message: error.message });
      });
    found = sorted(next);
    scannedAt = performance.now();
  };
  const refresh = (now = false): Promise<void> => {
    if (!now && performance.now() - scannedAt < FRESH_MS) return Promise.resolve();
    scanning ??= scanAll().finally(() => {
      scanning = undefined;
    });
    return scanning;
  };
  await refresh();
  return {
    get models() {
      return [...found.models.values()];
    },
    get runs() {
      return [...found.runs.values()];
    },
    get faults() {
      return found.faults;
    },
    find: (id) => found.models.get(id),
    refresh,
  };
}

interface Scan {
  readonly models: Map<string, ServedModel>;
  readonly runs: Map<string, RunFolder>;
  readonly faults: { folder: string; message: string }[];
}

function splitSource(source: string): { readonly id?: string; readonly path: string } {
  const at = source.indexOf('=');
  const id = source.slice(0, Math.max(at, 0));
  return at > 0 && isModelId(id)
    ? { id, path: resolve(source.slice(at + 1)) }
    : { path: resolve(source) };
}

async function scanSource(source: string, scan: Scan): Promise<void> {
  const { id, path } = splitSource(source);
  const root = await realpath(path).catch(() => undefined);
  if (root === undefined) return; // it was there at the start; runs may be deleted
  if (await looksLikeModel(root)) {
    const folder = modelIdPart(basename(root));
    await addModel(scan, root, { id: id ?? `${modelIdPart(basename(dirname(root)))}/${folder}` });
    return;
  }
  if (await scanRun(scan, root, root)) return;
  for (const entry of (await readdir(root)).sort()) {
    const child = await inside(root, join(root, entry));
    if (child === undefined) continue;
    if (await looksLikeModel(child))
      await addModel(scan, child, { id: `${modelIdPart(basename(root))}/${modelIdPart(entry)}` });
    else await scanRun(scan, child, root);
  }
}

/** Adds the networks of a run folder, or of its `model` folder. Returns whether `folder` is one. */
async function scanRun(scan: Scan, folder: string, root: string): Promise<boolean> {
  const isRun = await isFile(join(folder, 'metrics.jsonl'));
  const name = modelIdPart(basename(folder));
  const run: RunFolder | undefined = isRun ? { name, folder } : undefined;
  if (run) scan.runs.set(name, run);
  const candidates = [join(folder, 'model'), folder];
  for (const parent of candidates) {
    const networks: { network: string; path: string }[] = [];
    for (const network of ['generator', 'discriminator']) {
      const path = await inside(root, join(parent, network));
      if (path !== undefined && (await looksLikeModel(path))) networks.push({ network, path });
    }
    for (const { network, path } of networks) {
      const other = networks.find((one) => one.network !== network)?.network;
      await addModel(scan, path, {
        id: `${name}/${network}`,
        ...(run && { run }),
        ...(other !== undefined && { partner: `${name}/${other}` }),
      });
    }
    if (networks.length > 0) return true;
  }
  const single = await inside(root, join(folder, 'model'));
  if (single === undefined || !(await looksLikeModel(single))) return isRun;
  await addModel(scan, single, { id: `${name}/model`, ...(run && { run }) });
  return true;
}

async function addModel(
  scan: Scan,
  folder: string,
  named: Pick<ServedModel, 'id' | 'run' | 'partner'>,
): Promise<void> {
  if (scan.models.has(named.id)) {
    const message = `its name ${named.id} is taken by ${scan.models.get(named.id)?.folder}`;
    scan.faults.push({ folder, message });
    return;
  }
  try {
    scan.models.set(named.id, await readServedModel(folder, named));
  } catch (error) {
    scan.faults.push({ folder, message: error instanceof Error ? error.message : String(error) });
  }
}

function sorted({ models, runs, faults }: Scan): Scan {
  /** Two networks of one export are as new as the later of them. */
  const age = ({ modifiedMs, partner }: ServedModel): number =>
    Math.max(modifiedMs, models.get(partner ?? '')?.modifiedMs ?? 0);
  const byAge = [...models].sort(
    ([, a], [, b]) => age(b) - age(a) || Number(isGenerator(b)) - Number(isGenerator(a)),
  );
  return { models: new Map(byAge), runs, faults };
}

/** Of two networks saved together the one whose page has the fill-mask widget comes first. */
const isGenerator = ({ tasks }: ServedModel): boolean => tasks[0] === 'fill-mask';

/** The real path of a folder below `root`; undefined if it is none, or if a link leads out. */
async function inside(root: string, path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !real.startsWith(root + sep)) return undefined;
  return (await isFolder(real)) ? real : undefined;
}

/** config.json with weights beside it: a run folder has the one, a checkpoint the other. */
async function looksLikeModel(folder: string): Promise<boolean> {
  if (!(await isFile(join(folder, 'config.json')))) return false;
  for (const name of WEIGHT_FILES) if (await isFile(join(folder, name))) return true;
  return false;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
