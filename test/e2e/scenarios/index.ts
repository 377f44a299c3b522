import type { Scenario } from '../scenario';
import { boundaries } from './boundaries';
import { brokerFaults } from './broker-faults';
import { changesUnderLoad } from './changes-under-load';
import { deletionCost } from './deletion-cost';
import { jobs } from './jobs';
import { manifests } from './manifests';
import { operators } from './operators';
import { rollout } from './rollout';
import { scaling } from './scaling';
import { tls } from './tls';

export const SCENARIOS: readonly Scenario[] = [
  ...manifests,
  brokerFaults,
  changesUnderLoad,
  boundaries,
  deletionCost,
  rollout,
  scaling,
  jobs,
  tls,
  operators,
];
