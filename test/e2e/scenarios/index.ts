import type { Scenario } from '../scenario';
import { brokerFaults } from './broker-faults';
import { changesUnderLoad } from './changes-under-load';
import { manifests } from './manifests';

export const SCENARIOS: readonly Scenario[] = [...manifests, brokerFaults, changesUnderLoad];
