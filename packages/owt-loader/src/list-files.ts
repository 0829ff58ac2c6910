// The files below a folder in the order of their paths' code units, as Python's sorted() gives Hugging Face the
// members of OpenWebText (00-10_data.xz, 00-1_data.xz, 00-2_data.xz: '0' comes before '_'), with what is never
// data left out.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Paths below `root`, with slashes. Hidden files, lock files and links to folders are left out. */
export async function listFiles(root: string): Promise<string[]> {
  const paths: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries) {
      if (isLitter(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile() || entry.isSymbolicLink()) paths.push(path);
    }
  };
  await walk('');
  return paths.sort(byCodeUnit);
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Hidden files and the locks that Hugging Face leaves beside its files. */
export function isLitter(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('.') || name.endsWith('.lock');
}
