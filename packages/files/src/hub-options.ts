// Where the hub is, where its cache lies, and who asks: from an options object or from the environment variables of
// Python's huggingface_hub. Libraries never read the environment themselves; programs pass `process.env`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface HubOptions {
  /** Folder of the cache, shared with Python: `~/.cache/huggingface/hub` by default there. */
  readonly cache: string;
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string;
  /** Access token. Sent to `endpoint` only, never to where it redirects. */
  readonly token?: string;
  /** Never use the network: what is not in the cache is an error. */
  readonly offline?: boolean;
  /** Kind of repository; default `model`. */
  readonly repoType?: 'model' | 'dataset';
  /** Branch, tag or commit; default `main`. A commit that is in the cache needs no network. */
  readonly revision?: string;
  /** Attempts for each request and each interrupted body; default 5. */
  readonly attempts?: number;
  /** Wait before the second attempt, doubled before each further one; default 1000. */
  readonly retryMs?: number;
  /** Give up waiting for an answer, or for more bytes, after this time; default 10,000. */
  readonly timeoutMs?: number;
  /** Also test the digest of files that are in the cache already. */
  readonly verify?: boolean;
  readonly onEvent?: (event: HubEvent) => void;
}

export type HubEvent =
  | {
      readonly type: 'progress';
      readonly file: string;
      readonly receivedBytes: number;
      readonly totalBytes: number;
    }
  /** Another attempt follows after `waitMs`. */
  | {
      readonly type: 'retry';
      readonly file: string;
      readonly reason: string;
      readonly waitMs: number;
    }
  /** The hub cannot be reached; an older copy from the cache is used. */
  | { readonly type: 'stale'; readonly file: string; readonly reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options from HF_HUB_CACHE, HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and their relatives, with the same
 * precedence as Python's huggingface_hub. Reads the token file that `hf auth login` writes, if there is one.
 *
 * @param home the user's home folder
 */
export function hubOptionsFromEnv(env: Environment, home: string): HubOptions {
  const folder = expand(
    env.HF_HOME || join(env.XDG_CACHE_HOME || join(home, '.cache'), 'huggingface'),
    home,
  );
  const cache = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(folder, 'hub');
  const token = tokenFrom(env, folder, home);
  const timeout = Number(env.HF_HUB_DOWNLOAD_TIMEOUT);
  return {
    cache: expand(cache, home),
    endpoint: (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    ...(token ? { token } : {}),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    ...(timeout > 0 ? { timeoutMs: timeout * 1000 } : {}),
  };
}

function tokenFrom(env: Environment, folder: string, home: string): string | undefined {
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const given = (env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN)?.trim();
  if (given) return given;
  try {
    const path = expand(env.HF_TOKEN_PATH || join(folder, 'token'), home);
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined; // nobody is logged in
  }
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

function expand(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
