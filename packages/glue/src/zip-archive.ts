// One file out of a zip archive, its size and CRC-32 tested. yauzl tests sizes but not checksums.

import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { GlueError } from './glue-error.js';

/** Far over the largest file of GLUE, some 400 MB: what claims more is no GLUE file. */
const MAX_BYTES = 2 ** 30;

export interface ArchiveEntry {
  readonly name: string;
  /** Uncompressed, as the directory of the archive says. */
  readonly byteLength: number;
  /** Reads the file whole. @throws GlueError `damaged` */
  read(): Promise<Buffer>;
}

/**
 * Gives the files of an archive, folders left out, to `use`, and closes the archive after it.
 *
 * @throws GlueError `damaged` if the file is no zip archive or its directory is broken; the error of the file system
 * if it cannot be opened
 */
export async function withArchive<T>(
  path: string,
  use: (entries: readonly ArchiveEntry[]) => Promise<T>,
): Promise<T> {
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch(
    (error: unknown) => {
      throw (error as NodeJS.ErrnoException).code ? error : damaged(path, error);
    },
  );
  try {
    const entries: ArchiveEntry[] = [];
    try {
      for await (const entry of zip.eachEntry())
        if (!entry.fileName.endsWith('/')) entries.push(archiveEntry(zip, entry, path));
    } catch (error) {
      throw damaged(path, error);
    }
    return await use(entries);
  } finally {
    zip.close();
  }
}

function archiveEntry(zip: ZipFile, entry: Entry, path: string): ArchiveEntry {
  const { fileName: name, uncompressedSize: byteLength } = entry;
  return {
    name,
    byteLength,
    async read() {
      const file = `${path}:${name}`;
      if (byteLength > MAX_BYTES)
        throw damaged(file, `${byteLength} bytes, expected at most ${MAX_BYTES}`);
      const bytes = Buffer.alloc(byteLength);
      let filled = 0;
      let checksum = 0;
      try {
        for await (const part of await zip.openReadStreamPromise(entry)) {
          checksum = crc32(part, checksum);
          filled += part.copy(bytes, filled);
        }
      } catch (error) {
        throw damaged(file, error);
      }
      if (checksum !== entry.crc32)
        throw damaged(file, `checksum ${hex(checksum)}, expected ${hex(entry.crc32)}`);
      return bytes;
    },
  };
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

function damaged(file: string, cause: unknown): GlueError {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new GlueError(
    `${file} is a damaged zip archive: found ${found}.\nDownload or write it again.`,
    { code: 'damaged', file, found },
    cause,
  );
}
