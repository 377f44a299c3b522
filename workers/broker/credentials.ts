import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who logs in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Asked for at every connect, so that a rotated password is used without a restart. */
export type CredentialsSource = () => Promise<Credentials>;

/** Credentials from the files `username` and `password` of a folder: a mounted `basic-auth` Secret. */
export function credentialsFrom(folder: string): CredentialsSource {
  return async () => {
    const [username, password] = await Promise.all(['username', 'password'].map((file) => readFile(join(folder, file), 'utf8')));
    return { username: (username as string).trimEnd(), password: (password as string).trimEnd() };
  };
}
