// Names of the hub, and where the cache keeps what: hub-docs, docs/hub/local-cache.md.
//
//   <cache>/models--org--name/blobs/<etag>              the bytes, named by their digest (datasets--… for data)
//                            /refs/<revision>           the commit a branch or tag was at
//                            /snapshots/<commit>/<file> link to a blob
//                            /.no_exist/<commit>/<file> empty: the hub has no such file

import { join } from 'node:path';
import { HubError } from './hub-error.js';

const COMMIT = /^[0-9a-f]{40}$/;

export interface RepoPaths {
  readonly blob: (etag: string) => string;
  readonly ref: (revision: string) => string;
  readonly snapshot: (commit: string) => string;
  readonly missing: (commit: string, file: string) => string;
  readonly lock: (etag: string) => string;
}

/** Places in the cache of one repository. */
export function repoPaths(cache: string, repo: string, type: 'model' | 'dataset'): RepoPaths {
  const name = `${type}s--${repo.replace('/', '--')}`;
  const folder = join(cache, name);
  return {
    blob: (etag) => join(folder, 'blobs', etag),
    ref: (revision) => join(folder, 'refs', revision),
    snapshot: (commit) => join(folder, 'snapshots', commit),
    missing: (commit, file) => join(folder, '.no_exist', commit, file),
    // Python's lock on <etag>.lock is of another kind; blobs appear by rename, so the two need not see each other
    lock: (etag) => join(cache, '.locks', name, `${etag}.held`),
  };
}

/** Whether `text` is a name such as `org/name` or `name`, as the hub allows it. */
export function isRepoId(text: string): boolean {
  return (
    text.length <= 96 &&
    /^([A-Za-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*$/.test(text) &&
    !/--|\.\.|[.-](\/|$)|\.git$|\.ipynb$/.test(text)
  );
}

export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** @throws HubError `bad-name` unless repository, revision and file name stay inside their folders */
export function checkNames(repo: string, revision: string, file: string): void {
  if (!isRepoId(repo)) {
    throw new HubError(
      'bad-name',
      `${JSON.stringify(repo)} is no name of a repository: expected a form like "org/name".\n` +
        'Check the spelling; a local folder must exist.',
    );
  }
  for (const [what, name] of [
    ['revision', revision],
    ['file name', file],
  ]) {
    const parts = name.split('/');
    if (/[\\:\p{Cc}]/u.test(name) || parts.some((part) => /^\.{0,2}$/.test(part))) {
      throw new HubError(
        'bad-name',
        `${JSON.stringify(name)} is no ${what} of a repository.\nUse a name without "..", drive or backslash.`,
      );
    }
  }
}
