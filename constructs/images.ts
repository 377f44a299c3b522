import type { k8s } from 'cdk8s-plus-27';
import { distinct, list, objectName, oneOf, optional, type Shape, text } from './rules';

/** Where the images of all pods come from. */
export interface ImageOptions {
  /**
   * Registry, with a path if need be, that mirrors the default images of the broker and of Flower: with `mirror.example.com/hub` nodes
   * run `mirror.example.com/hub/rabbitmq:...`. Images that you name yourself are taken as they are.
   * @default - Docker Hub
   */
  readonly registry?: string;
  /**
   * Names of Secrets of type kubernetes.io/dockerconfigjson that images are pulled with (Kubernetes documentation, images).
   * @default - none
   */
  readonly imagePullSecrets?: readonly string[];
  /**
   * When nodes pull an image: `Always` asks the registry at every start, `Never` needs images that are on the machines already.
   * @default 'IfNotPresent'
   */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
}

export const IMAGE_DEFAULTS = { imagePullPolicy: 'IfNotPresent' } as const satisfies ImageOptions;

const PART = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*';

export const imageFields: Shape<ImageOptions> = {
  registry: optional(
    text(
      new RegExp(`^${PART}(?::\\d{1,5})?(?:/${PART})*$`),
      'must be a registry host with optional port and path',
      'write "mirror.example.com" or "mirror.example.com:5000/hub", without https:// and without / at the end',
    ),
  ),
  imagePullSecrets: optional(distinct(list(objectName('a Secret')))),
  imagePullPolicy: optional(oneOf(['Always', 'IfNotPresent', 'Never'])),
};

/** The options about images among others. */
export function imageOptions({ registry, imagePullSecrets, imagePullPolicy }: ImageOptions): ImageOptions {
  return { registry, imagePullSecrets, imagePullPolicy };
}

/** A default image as the mirror has it. */
export function mirrored(image: string, { registry }: ImageOptions = {}): string {
  return registry === undefined ? image : `${registry}/${image}`;
}

/** The field of a pod that names the Secrets its images are pulled with. */
export function pullSecrets({ imagePullSecrets = [] }: ImageOptions = {}): Pick<k8s.PodSpec, 'imagePullSecrets'> {
  return imagePullSecrets.length === 0 ? {} : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) };
}

export function pullPolicy({ imagePullPolicy = IMAGE_DEFAULTS.imagePullPolicy }: ImageOptions = {}): string {
  return imagePullPolicy;
}
