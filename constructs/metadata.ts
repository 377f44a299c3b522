import { ApiObject, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import { optional, problem, record, type Rule, type Shape, text } from './rules';

/** What your organisation wants on every object: owner, cost centre, links. */
export interface MetadataOptions {
  /**
   * Labels of every object and pod, beside Warren's own. Not of volume claims: Kubernetes lets their template never change.
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Annotations of every object and pod. A change restarts the pods.
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

const OWN = /^(app\.kubernetes\.io\/(name|component|part-of|managed-by)|warren\/.*)$/;
const SUBDOMAIN = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*';
const KEY = new RegExp(`^(?:(?=[^/]{1,253}/)${SUBDOMAIN}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`);

/** Name of a label or annotation (Kubernetes documentation, labels and selectors). */
const qualifiedName: Rule = text(
  KEY,
  'must be a name of up to 63 letters, digits or - _ . with an optional "domain/" before it',
  'write it like "example.com/team"',
);

const ownedName: Rule = (value, path) =>
  OWN.test(String(value))
    ? [problem(path, value, 'is set by Warren, and selectors rely on it', 'choose another name')]
    : qualifiedName(value, path);

const labelValue: Rule = text(
  /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
  'must be up to 63 letters, digits or - _ . and begin and end with a letter or digit',
  'shorten it, or make it an annotation',
);

const annotationValue: Rule = text(/^[^]{0,65536}$/, 'must be text', 'write it in quotes');

export const labelsRule: Rule = record(ownedName, labelValue);
export const annotationsRule: Rule = record(ownedName, annotationValue);
/** Labels that machines must have. */
export const nodeSelectorRule: Rule = record(qualifiedName, labelValue);

export const metadataFields: Shape<MetadataOptions> = { labels: optional(labelsRule), annotations: optional(annotationsRule) };

/** Puts labels and annotations on every object below `scope` and on its pods. */
export function addMetadata(scope: Construct, { labels = {}, annotations = {} }: MetadataOptions): void {
  for (const object of scope.node.findAll().filter((each) => ApiObject.isApiObject(each))) {
    Object.entries(labels).forEach(([key, value]) => object.metadata.addLabel(key, value));
    Object.entries(annotations).forEach(([key, value]) => object.metadata.addAnnotation(key, value));
    const { spec } = object.toJson();
    // KEDA's ScaledJob holds the specification of a Job.
    const [template, path] = spec?.jobTargetRef
      ? [spec.jobTargetRef.template, '/spec/jobTargetRef/template']
      : [spec?.template, '/spec/template'];
    const pod = template?.metadata;
    if (!pod) continue;
    // A pod's template is a part of the specification, which cdk8s keeps to itself.
    const all = { labels: { ...pod.labels, ...labels }, annotations: { ...pod.annotations, ...annotations } };
    // The API server does not keep empty ones, so that every apply would say "configured".
    const kept = Object.entries(all).filter(([, values]) => Object.keys(values).length > 0);
    object.addJsonPatch(...kept.map(([field, values]) => JsonPatch.add(`${path}/metadata/${field}`, values)));
  }
}
