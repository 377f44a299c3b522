import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canInstallPackages, installPackages } from './apt';
import { cached } from './cache';
import { boundToUs, run } from './processes';

/** Newest version that the Go of Debian 12 (1.19) can build; later ones have four more checks, which test/policy/rules has as well. */
const MODULE = 'github.com/zegl/kube-score/cmd/kube-score@v1.17.0';
const OLDEST_MINOR = 19;

export type KubeScore =
  /** Path of the program. */
  | { readonly program: string }
  /** Why there is none on this machine. */
  | { readonly missing: string };

/** Set by the global setup: what `findKubeScore` found, as JSON. */
export const KUBE_SCORE_VARIABLE = 'WARREN_TEST_KUBE_SCORE';

/** What the global setup found. */
export function kubeScore(): KubeScore {
  return JSON.parse(process.env[KUBE_SCORE_VARIABLE] ?? '{"missing":"the global setup did not look for it"}') as KubeScore;
}

/** Builds kube-score on first use, with the Go of this machine or, as root on Debian, with Debian's. It is published as source only. */
export async function findKubeScore(): Promise<KubeScore> {
  try {
    const folder = await cached({ name: 'kube-score', recipe: MODULE, build });
    return { program: join(folder, 'kube-score') };
  } catch (error) {
    if (error instanceof NoGo) return { missing: error.message };
    throw error;
  }
}

class NoGo extends Error {}

async function build(folder: string): Promise<void> {
  const go = await findGo();
  // Everything Go fetches and compiles goes here and away again: 260 MB for a program of 25.
  const scratch = join(folder, 'go');
  const env = {
    ...process.env,
    GOBIN: folder,
    GOPATH: scratch,
    GOCACHE: join(scratch, 'cache'),
    // Debian's Go comes without a C compiler; modules that cannot be written to could not be removed.
    CGO_ENABLED: '0',
    GOFLAGS: '-modcacherw',
    // A Go that is there builds it as it is, and fetches no other one.
    GOTOOLCHAIN: 'local',
  };
  await run([...boundToUs('KILL'), go, 'install', MODULE], { env });
  await rm(scratch, { recursive: true });
}

async function findGo(): Promise<string> {
  if (await isRecent()) return 'go';
  const needed = `it is built with Go >= 1.${OLDEST_MINOR}, which is not here`;
  if (!(await canInstallPackages())) throw new NoGo(needed);
  await installPackages('golang-go', 'ca-certificates');
  if (!(await isRecent())) throw new NoGo(`${needed}, nor in this Debian`);
  return 'go';
}

async function isRecent(): Promise<boolean> {
  const version = await run(['go', 'version']).catch(() => '');
  const [, major = 0, minor = 0] = (/go version go(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return major > 1 || (major === 1 && minor >= OLDEST_MINOR);
}
