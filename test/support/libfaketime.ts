import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallPackages, installPackages } from './apt';
import { note } from './notes';

export type Libfaketime =
  /** Path of the library. */
  | { readonly library: string }
  /** Why there is none on this machine. */
  | { readonly missing: string };

/** Set by the global setup: what `findLibfaketime` found, as JSON. */
export const LIBFAKETIME_VARIABLE = 'WARREN_TEST_LIBFAKETIME';

/** What the global setup found. */
export function libfaketime(): Libfaketime {
  return JSON.parse(process.env[LIBFAKETIME_VARIABLE] ?? '{"missing":"the global setup did not look for it"}') as Libfaketime;
}

/** The library that lets a process see another time; as root on Debian, Debian's. */
export async function findLibfaketime(): Promise<Libfaketime> {
  const there = installed();
  if (there !== undefined) return { library: there };
  const missing = 'there is no libfaketime, and only root can install one on Debian';
  if (!(await canInstallPackages())) {
    if (process.env['CI'] === 'true') throw new Error(`${missing}; CI must run every test`);
    note(`no tests with clocks that jump: ${missing}`);
    return { missing };
  }
  await installPackages('libfaketime');
  const library = installed();
  if (library === undefined) throw new Error("Debian's libfaketime does not hold the library any more");
  return { library };
}

/** In a folder named after the architecture. */
function installed(): string | undefined {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders.map((folder) => join('/usr/lib', folder, 'faketime/libfaketime.so.1')).find((path) => existsSync(path));
}
