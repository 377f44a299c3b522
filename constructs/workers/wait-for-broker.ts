import type { k8s } from 'cdk8s-plus-27';
import { ENVIRONMENT } from '../../workers/environment';
import { type ImageOptions, pullPolicy } from '../images';
import { RESTRICTED_CONTAINER, resourceRequirements } from '../pod';
import { WAIT_CONTAINER } from './added-containers';

/** Ends when one of the hosts takes a connection; the image has Node and need not have a shell. */
export const WAIT_SCRIPT = `
const { connect } = require('node:net');
const hosts = process.env.${ENVIRONMENT.brokerHosts}.split(',').map((host) => new URL('amqp://' + host));
const answers = ({ hostname, port }) => new Promise((resolve) => {
  const socket = connect({ host: hostname, port: Number(port), timeout: 2000 });
  const end = (open) => { socket.destroy(); resolve(open); };
  socket.once('connect', () => end(true)).once('error', () => end(false)).once('timeout', () => end(false));
});
(async () => {
  while (!(await Promise.all(hosts.map(answers))).includes(true)) await new Promise((resolve) => setTimeout(resolve, 1000));
})();
`;

/** An init container that waits until some node of the broker takes connections. */
export function waitContainer(image: string, brokerHosts: string, images?: ImageOptions): k8s.Container {
  return {
    name: WAIT_CONTAINER,
    image,
    imagePullPolicy: pullPolicy(images),
    command: ['node', '-e', WAIT_SCRIPT],
    env: [{ name: ENVIRONMENT.brokerHosts, value: brokerHosts }],
    resources: resourceRequirements({ cpu: '50m', memory: '64Mi' }),
    ...RESTRICTED_CONTAINER,
  };
}
