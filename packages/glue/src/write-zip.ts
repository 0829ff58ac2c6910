// A zip archive in memory, the same bytes for the same files wherever and whenever it is written.
//
// By yazl, the writing half of yauzl: by the same author, two small files, no install script.

import { ZipFile } from 'yazl';

/** @param files names and contents, in their order in the archive */
export async function zipBytes(files: Iterable<readonly [string, Buffer]>): Promise<Buffer> {
  const zip = new ZipFile();
  // The first moment that a zip file can tell, in whatever zone this runs.
  const options = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true };
  for (const [name, bytes] of files) zip.addBuffer(bytes, name, options);
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
