import { RabbitmqCluster } from '../../constructs';

/** One node that starts quickly. */
export const SMALL_BROKER = RabbitmqCluster.of({ nodes: 1, resources: { cpu: '100m', memory: '512Mi' }, storage: '2Gi' });
