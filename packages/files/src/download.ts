// A file from any web address whose digest and size are known beforehand: data sets, vocabularies.

import { basename } from 'node:path';
import { ensureBlob } from './hub-download.js';
import type { HubOptions } from './hub-options.js';

export interface KnownFile {
  readonly url: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly byteLength: number;
}

export type DownloadOptions = Pick<HubOptions, 'attempts' | 'retryMs' | 'timeoutMs' | 'onEvent'>;

/**
 * Makes sure that `path` holds the file: a file there is verified and kept if it is the right one, else downloaded,
 * resumed, verified and placed whole. One process downloads, others wait. No token is sent.
 *
 * @throws HubError `unreachable`, `not-allowed`, `tampered`, `disk-full`
 */
export async function downloadFile(
  { url, sha256, byteLength }: KnownFile,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { attempts, retryMs, timeoutMs, onEvent } = options;
  await ensureBlob(
    { file: basename(path), url, etag: sha256, byteLength, path, lockPath: `${path}.lock` },
    {
      cache: '',
      endpoint: new URL(url).origin,
      verify: true,
      attempts,
      retryMs,
      timeoutMs,
      onEvent,
    },
  );
}
