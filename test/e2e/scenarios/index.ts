import type { Scenario } from '../scenario';
import { boundaries } from './boundaries';
import { brokerFaults } from './broker-faults';
import { changesUnderLoad } from './changes-under-load';
import { deletionCost } from './deletion-cost';
import { manifests } from './manifests';

export const SCENARIOS: readonly Scenario[] = [...manifests, brokerFaults, changesUnderLoad, boundaries, deletionCost];
