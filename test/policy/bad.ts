import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import type { Manifest } from '../support/manifests';

export const BAD_FILE = join(__dirname, 'bad.yaml');

/** Manifests as they are often written: every rule has something against them. */
export const BAD: readonly Manifest[] = Yaml.load(BAD_FILE);
