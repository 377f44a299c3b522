import { testFixtures } from './parts';

describe('environmentProblems', () => {
  testFixtures([
    [
      'a variable that the worker does not get',
      (p) => (p.variable(p.worker(), 'WARREN_QUEUES').name = 'WARREN_QUEUE'),
      'Deployment/tasks-worker-general: does not set WARREN_QUEUES, which the program reads',
    ],
    [
      'a variable that the worker does not read',
      (p) => p.worker().env.push({ name: 'WARREN_COLOUR', value: 'red' }),
      'Deployment/tasks-worker-general: sets WARREN_COLOUR, which the program does not read',
    ],
    [
      'a variable that is set too late',
      (p) => p.worker().env.push(p.worker().env.shift()),
      'Deployment/tasks-worker-general: WARREN_NODE_NAME of worker uses $(POD_NAME), which is not set before it',
    ],
    [
      'a variable that is set twice',
      (p) => p.worker().env.push(p.worker().env[0]),
      'Deployment/tasks-worker-general: worker sets POD_NAME twice',
    ],
    [
      'a variable that a script misses',
      (p) => (p.variable(p.node(), 'DATA_DIR').name = 'DATA'),
      'StatefulSet/tasks-broker: start.sh uses $DATA_DIR, which rabbitmq does not set',
    ],
    [
      'a script whose file is gone',
      (p) => delete p.of('ConfigMap', 'tasks-broker-config').data?.['rabbitmq.conf'],
      'StatefulSet/tasks-broker: start.sh uses /etc/warren/broker/rabbitmq.conf, but ConfigMap/tasks-broker-config has no rabbitmq.conf',
    ],
  ]);
});
