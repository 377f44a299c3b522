import { accountsProblems } from '../manifests/references/accounts';
import { addressProblems } from '../manifests/references/addresses';
import { admissionProblems } from '../manifests/references/admission';
import { autoscalingProblems } from '../manifests/references/autoscaling';
import { brokerProblems } from '../manifests/references/broker';
import { environmentProblems } from '../manifests/references/environment';
import { Inventory } from '../manifests/references/inventory';
import { nameProblems } from '../manifests/references/names';
import { networkProblems } from '../manifests/references/network';
import { pathProblems } from '../manifests/references/paths';
import { portProblems } from '../manifests/references/ports';
import { selectorProblems } from '../manifests/references/selectors';
import { serviceAccountProblems } from '../manifests/references/service-accounts';
import { tlsProblems } from '../manifests/references/tls';
import { volumeProblems } from '../manifests/references/volumes';
import type { Manifest } from './manifests';

const CHECKS: readonly ((inventory: Inventory) => string[])[] = [
  nameProblems,
  selectorProblems,
  portProblems,
  volumeProblems,
  pathProblems,
  environmentProblems,
  addressProblems,
  accountsProblems,
  serviceAccountProblems,
  brokerProblems,
  autoscalingProblems,
  networkProblems,
  admissionProblems,
  tlsProblems,
];

/**
 * Everything in a manifest that names something which is not there: Kubernetes would take such a manifest without a word, and it would
 * fail later, in a pod. One readable line each; none for a manifest that holds together.
 */
export function brokenReferences(objects: readonly Manifest[]): string[] {
  const inventory = new Inventory(objects);
  return CHECKS.flatMap((check) => check(inventory));
}
