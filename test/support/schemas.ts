import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020';
import { Yaml } from 'cdk8s';
import { idOf, type Manifest, REPOSITORY } from './manifests';
import { python } from './python';

/** What is wrong with one object by a set of schemas, one readable line each. */
export type SchemaCheck = (object: Manifest) => string[];

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

interface Schema {
  readonly [keyword: string]: unknown;
}

/** Real definitions of custom resources, where a checkout stands beside the folder that holds them. */
const UPSTREAM_CRDS = resolve(REPOSITORY, '../shared/crds');

/** Kubernetes' own API at one minor version, with fields that it does not know refused. */
export async function coreSchemas(minor: string): Promise<SchemaCheck> {
  const script = 'import kubernetes_validate, os; print(os.path.dirname(kubernetes_validate.__file__))';
  const folder = execFileSync(await python('kubernetes-validate'), ['-c', script], { encoding: 'utf8' }).trim();
  const schemas = join(folder, 'kubernetes-json-schema', `v${minor}.0-local-strict`);
  const ajv = newAjv();
  const read = (file: string): Schema => JSON.parse(readFileSync(join(schemas, file), 'utf8'));
  ajv.addSchema(read('_definitions.json'));
  return (object) => {
    // For example deployment-apps-v1, configmap-v1.
    const file = [object.kind, ...object.apiVersion.split('/').map((part) => part.split('.')[0])].join('-').toLowerCase();
    if (!existsSync(join(schemas, `${file}.json`)))
      return [`${idOf(object)}: Kubernetes ${minor} has no ${object.kind} in ${object.apiVersion}`];
    const validate =
      ajv.getSchema(`https://kubernetes.io/api/${file}`) ??
      ajv.compile({ ...read(`${file}.json`), $id: `https://kubernetes.io/api/${file}` });
    return validate(object) ? [] : linesOf(object, validate.errors);
  };
}

/** Where the definitions of KEDA's kinds come from: our compact copy, and the originals if they are at hand. */
export function kedaSources(): [source: string, files: string[]][] {
  return sources('imports/keda.crd.yaml', 'KEDA 2.20', /^keda\.sh_(scaledobjects|scaledjobs|triggerauthentications)\.yaml$/);
}

/** The same for the kind of the RabbitMQ cluster operator. */
export function operatorSources(): [source: string, files: string[]][] {
  return sources('imports/rabbitmq.crd.yaml', 'RabbitMQ cluster operator', /^rabbitmq\.com_rabbitmqclusters\.yaml$/);
}

/** The same for cert-manager's kind. */
export function certManagerSources(): [source: string, files: string[]][] {
  return sources('imports/cert-manager.crd.yaml', 'cert-manager', /^cert-manager\.io_certificates\.yaml$/);
}

function sources(own: string, name: string, originals: RegExp): [source: string, files: string[]][] {
  const upstream = existsSync(UPSTREAM_CRDS) ? readdirSync(UPSTREAM_CRDS).filter((file) => originals.test(file)) : [];
  return [
    [own, [join(REPOSITORY, own)]],
    ...(upstream.length > 0 ? [[name, upstream.map((file) => join(UPSTREAM_CRDS, file))] satisfies [string, string[]]] : []),
  ];
}

/** Custom resources by their definitions, with unknown fields refused (the API server would drop them without a word). */
export function customSchemas(files: readonly string[]): SchemaCheck {
  const ajv = newAjv();
  const definitions: CustomResourceDefinition[] = files.flatMap((file) => Yaml.load(file));
  for (const { spec } of definitions) {
    for (const { name, schema } of spec.versions) ajv.addSchema(closed(schema.openAPIV3Schema), `${spec.group}/${name}/${spec.names.kind}`);
  }
  return (object) => {
    const validate = ajv.getSchema(`${object.apiVersion}/${object.kind}`);
    if (!validate) return [`${idOf(object)}: no definition of ${object.kind} in ${object.apiVersion}`];
    return validate(object) ? [] : linesOf(object, validate.errors);
  };
}

function newAjv(): Ajv2020 {
  return new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
}

/** The schema with every object that lists its properties closed to others. */
function closed(schema: Schema): Schema {
  const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (Array.isArray(value)) return [keyword, value.map((each) => (isSchema(each) ? closed(each) : each))];
      return [keyword, isSchema(value) ? closed(value) : value];
    }),
  );
  const listsProperties = isSchema(schema['properties']) && schema['type'] === 'object';
  return listsProperties && schema['additionalProperties'] === undefined ? { ...inner, additionalProperties: false } : inner;
}

function linesOf(object: Manifest, errors: readonly ErrorObject[] | null | undefined): string[] {
  return (errors ?? []).map(({ instancePath, message, params }) => `${idOf(object)}: ${instancePath} ${message} ${JSON.stringify(params)}`);
}
