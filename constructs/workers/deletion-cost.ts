import type { k8s } from 'cdk8s-plus-27';
import { ENVIRONMENT } from '../../workers/environment';

const FOLDER = '/etc/warren/service-account';
/** Kubernetes replaces the token in time; ten minutes is the shortest life it takes. */
const TOKEN_SECONDS = 3600;

/** What the container of a worker needs to write its own pod's deletion cost. `POD_NAME` is a variable of the pod. */
export const DELETION_COST_PARTS = {
  env: [
    { name: ENVIRONMENT.pod, value: '$(POD_NAME)' },
    { name: ENVIRONMENT.serviceAccount, value: FOLDER },
  ],
  /** A token that is bound to the pod: the API server knows from it whose it is. */
  volume: {
    name: 'service-account',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        // With the version that the API server adds: it compares sources as a whole, and every apply would say "configured".
        { downwardApi: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  },
  volumeMount: { name: 'service-account', mountPath: FOLDER, readOnly: true },
} as const satisfies { env: k8s.EnvVar[]; volume: k8s.Volume; volumeMount: k8s.VolumeMount };
