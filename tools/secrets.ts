#!/usr/bin/env node
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { canBeMade, decodeSecrets, freshSecret, type Secret } from '../workers/secrets/secret';
import { SECRETS_ANNOTATION } from '../constructs/task-cluster';

/** The fields of an object that count here. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
}

/**
 * The namespace of a manifest, so that Secrets can exist before it is applied, and the Secrets themselves.
 * @throws Error when no object of the manifest lists its Secrets
 */
export function secretsOf(objects: readonly Manifest[]): (Manifest | Secret)[] {
  const lists = objects.filter(({ metadata }) => metadata.annotations?.[SECRETS_ANNOTATION] !== undefined);
  if (lists.length === 0)
    throw new Error(`no object has the annotation ${SECRETS_ANNOTATION} -> render the manifest with this version of Warren`);
  return [...objects.filter(({ kind }) => kind === 'Namespace'), ...lists.flatMap(readList)];
}

function readList({ metadata }: Manifest): Secret[] {
  return decodeSecrets(metadata.annotations?.[SECRETS_ANNOTATION] ?? '{}')
    .filter(canBeMade)
    .map((declared) => freshSecret(declared, metadata.namespace));
}

/** A path as it is, else the manifest of an environment. */
function fileOf(argument: string): string {
  if (/\.ya?ml$/.test(argument)) {
    if (!existsSync(argument)) throw new Error(`${argument}: no such file -> run "npx cdk8s synth" first`);
    return argument;
  }
  const environments = existsSync('dist') ? readdirSync('dist').flatMap((file) => /^(.+)\.k8s\.yaml$/.exec(file)?.[1] ?? []) : [];
  if (environments.includes(argument)) return join('dist', `${argument}.k8s.yaml`);
  const fix = environments.length > 0 ? `use one of ${environments.join(', ')}` : 'run "npx cdk8s synth" first';
  throw new Error(`${argument}: no such environment in dist/ -> ${fix}`);
}

function load(file: string): Manifest[] {
  const objects: Partial<Manifest>[] = Yaml.load(file);
  const isManifest = (object: Partial<Manifest>): object is Manifest => object.kind !== undefined && object.metadata?.name !== undefined;
  if (!objects.every(isManifest)) throw new Error(`${file}: is not a Kubernetes manifest -> name a file that "npx cdk8s synth" wrote`);
  return objects;
}

/**
 * `warren-secrets production | kubectl create -f -`: the values go straight into the cluster and into no file, and `create`, unlike
 * `apply`, leaves a Secret alone that is already in use.
 */
function main([argument, ...more]: readonly string[]): void {
  try {
    if (argument === undefined || more.length > 0) throw new Error('give one environment or one manifest -> secrets production');
    process.stdout.write(Yaml.stringify(...secretsOf(load(fileOf(argument)))));
  } catch (error) {
    console.error(`secrets: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

if (require.main === module) main(process.argv.slice(2));
