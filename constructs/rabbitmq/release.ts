import type { Problem } from '../../workers/problems';
import { type ImageOptions, mirrored } from '../images';
import { isBefore, lineOf, RABBITMQ_LINES, RABBITMQ_VERSIONS, type RabbitmqVersion } from './versions';
import { flag, image, join, oneOf, optional, problem, type Rule, type Shape, text } from '../rules';

/** Which RabbitMQ the nodes run. */
export interface ReleaseOptions {
  /**
   * RabbitMQ release line; see `RABBITMQ_LINES`. '4.4' is a preview: known from release notes only, never run.
   * @default '4.3'
   */
  readonly version?: RabbitmqVersion;
  /**
   * Patch release of the line, for example '4.3.6'. With an `image` whose tag does not say it: the one that is inside.
   * @default - the one in the tag of `image`, else the newest we know
   */
  readonly patch?: string;
  /**
   * Image of the nodes. It must be a `-management` one: KEDA and Flower call the management API.
   * @default - the official image of `patch`
   */
  readonly image?: string;
  /**
   * Run a patch with published security holes that a newer one closes (RabbitMQ's security advisories).
   * @default false
   */
  readonly allowVulnerable?: boolean;
}

export const RELEASE_DEFAULTS = { version: '4.3', allowVulnerable: false } as const satisfies ReleaseOptions;

/** Line, patch and image of every node. */
export type ResolvedRelease = Required<Omit<ReleaseOptions, 'allowVulnerable'>>;

/** The official image without `-management` collects no figures: KEDA would read 0 and remove the workers. */
const brokerImage: Rule = (value, path) => {
  const problems = image(value, path);
  const plain = /(^|\/)rabbitmq:(?!.*management)/.test(String(value));
  return plain && problems.length === 0
    ? [problem(path, value, 'must be a -management image (KEDA and Flower call the management API)', `write "${String(value)}-management"`)]
    : problems;
};

export const releaseFields: Shape<ReleaseOptions> = {
  version: optional(oneOf(RABBITMQ_VERSIONS, 'use a supported line')),
  patch: optional(text(/^\d{1,2}\.\d{1,2}\.\d{1,3}$/, 'must be a patch release', 'write it like "4.3.6"')),
  image: optional(brokerImage),
  allowVulnerable: optional(flag),
};

export function resolveRelease(options: ReleaseOptions, images?: ImageOptions): ResolvedRelease {
  const { version = RELEASE_DEFAULTS.version, image: given } = options;
  const tagged = given === undefined ? undefined : taggedRelease(given);
  const inTag = tagged?.split('.').length === 3 ? tagged : undefined;
  const patch = options.patch ?? inTag ?? RABBITMQ_LINES[version].patch;
  return { version, patch, image: given ?? mirrored(`rabbitmq:${patch}-management`, images) };
}

/** Line, patch and image that contradict each other, and patches with known holes. */
export function releaseProblems(options: ReleaseOptions, path: string): Problem[] {
  const { version, patch } = resolveRelease(options);
  const { patch: newest, securePatch } = RABBITMQ_LINES[version];
  const tagged = options.image === undefined ? undefined : taggedRelease(options.image);
  if (tagged !== undefined && lineOf(tagged) !== version) {
    return [problem(join(path, 'image'), options.image, `is RabbitMQ ${tagged}, but version is "${version}"`, 'make them agree')];
  }
  if (lineOf(patch) !== version) {
    return [problem(join(path, 'patch'), patch, `is not a patch of version "${version}"`, `use "${newest}", or change version`)];
  }
  if (tagged !== undefined && !patch.startsWith(tagged)) {
    return [problem(join(path, 'patch'), patch, `is not what the image holds (${tagged})`, 'leave it out')];
  }
  if (options.allowVulnerable === true || !isBefore(patch, securePatch)) return [];
  const place: keyof ReleaseOptions = options.patch === undefined ? 'image' : 'patch';
  const rule = `has published security holes that ${securePatch} closes`;
  return [problem(join(path, place), options[place], rule, `use ${newest}, or set allowVulnerable: true for the time being`)];
}

/** `4.3.6` or `4.3`, from the tag of an image that is named rabbitmq; tags of other images have numbers of their own. */
function taggedRelease(reference: string): string | undefined {
  return /(?:^|\/)rabbitmq:(\d+\.\d+(?:\.\d+)?)(?=[-@]|$)/.exec(reference)?.[1];
}
