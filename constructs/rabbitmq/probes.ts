import { k8s } from 'cdk8s-plus-27';
import { type ListenerTls, portNames, speaksTls } from './listeners';
import type { ResolvedRelease } from './release';
import { isBefore, RABBITMQ_LINES } from './versions';

/**
 * A node that formed a cluster of its own never reaches the target size, so it never becomes ready. There is no liveness probe: a node
 * in maintenance closes its ports and must not be killed for it (RabbitMQ documentation, monitoring).
 */
export function brokerProbes(release: ResolvedRelease, tls?: ListenerTls): Pick<k8s.Container, 'startupProbe' | 'readinessProbe'> {
  const [amqp] = portNames('amqp', tls);
  return {
    startupProbe: startupProbe(release, tls),
    readinessProbe: { tcpSocket: { port: k8s.IntOrString.fromString(amqp) }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
  };
}

/** Five minutes for the cluster to form. The command costs 0.7 CPU seconds, so it runs less often than the request. */
function startupProbe({ version, patch }: ResolvedRelease, tls: ListenerTls | undefined): k8s.Probe {
  if (isBefore(patch, RABBITMQ_LINES[version].clusterSizeCheckFrom)) {
    const command = "rabbitmqctl --quiet eval 'rabbit_nodes:reached_target_cluster_size().' | grep --quiet '^true$'";
    return { exec: { command: ['/bin/bash', '-c', command] }, periodSeconds: 15, timeoutSeconds: 15, failureThreshold: 20 };
  }
  const [port] = portNames('management', tls);
  const httpGet = {
    path: '/api/health/checks/reached-target-cluster-size',
    port: k8s.IntOrString.fromString(port),
    // The kubelet does not verify certificates (Kubernetes documentation, probes).
    ...(speaksTls(port) && { scheme: 'HTTPS' }),
  };
  return { httpGet, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 };
}
