import { testFixtures } from './parts';

describe('brokerProblems', () => {
  testFixtures([
    [
      'a queue that the definitions lack',
      (p) =>
        p.edit(
          'tasks-broker-config',
          'definitions.json',
          '"name": "large", "vhost": "tasks", "durable"',
          '"name": "big", "vhost": "tasks", "durable"',
        ),
      'topology.json: queue large is not in definitions.json',
    ],
    [
      'a queue that is not bound',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"routing_key": "#.large"', '"routing_key": "#.big"'),
      'topology.json: queue large is not bound to exchange tasks',
    ],
    [
      'a route to nowhere',
      (p) => p.edit('tasks-topology', 'topology.json', '"otherwise": "small"', '"otherwise": "tiny"'),
      'topology.json: the route of tasks.lcs ends at queue tiny, which is not there',
    ],
    [
      'another exchange',
      (p) => p.edit('tasks-topology', 'topology.json', '"exchange": "tasks"', '"exchange": "jobs"'),
      'topology.json: exchange jobs is not in definitions.json',
    ],
    [
      'another virtual host',
      (p) => p.edit('tasks-topology', 'topology.json', '"virtualHost": "tasks"', '"virtualHost": "jobs"'),
      'topology.json: virtual host jobs is not in definitions.json',
    ],
    [
      'a policy for no queue',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"^large$"', '"^huge$"'),
      'definitions.json: policy large matches no queue',
    ],
    [
      'dead letters that reach no queue',
      (p) =>
        p.edit('tasks-broker-config', 'definitions.json', '"dead-letter-routing-key": "large.dlq"', '"dead-letter-routing-key": "large"'),
      'definitions.json: dead letters of policy large reach no queue',
    ],
    [
      'a binding from nowhere',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"source": "tasks.dlx"', '"source": "dlx"'),
      'definitions.json: a binding starts at exchange dlx, which is not there',
    ],
    [
      'a binding to nowhere',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '"destination": "large.dlq"', '"destination": "large.dead"'),
      'definitions.json: a binding ends at queue large.dead, which is not there',
    ],
    [
      'a worker on an unknown queue',
      (p) => (p.variable(p.worker(), 'WARREN_QUEUES').value = 'small,huge'),
      'Deployment/tasks-worker-general: queue huge is not in topology.json',
    ],
    [
      'a worker on the queue of another',
      (p) => (p.variable(p.worker(), 'WARREN_QUEUES').value = 'large'),
      'Deployment/tasks-worker-general: user worker-general may not read queue large',
    ],
    [
      'a worker that cannot dead-letter',
      (p) => p.edit('tasks-broker-config', 'definitions.json', '|tasks\\\\.dlx)$', ')$'),
      'Deployment/tasks-worker-general: user worker-general may not write to exchange tasks.dlx',
    ],
    [
      'a Flower on another virtual host',
      (p) => p.edit('tasks-flower-config', 'celeryconfig.py', ':5672/tasks"', ':5672/jobs"'),
      'Deployment/tasks-flower: broker_url names virtual host jobs, not tasks',
    ],
    [
      'a broker told the wrong number of nodes',
      (p) => (p.variable(p.node(), 'NODES').value = '5'),
      'StatefulSet/tasks-broker: NODES says 5, but it is 3',
    ],
    [
      'a broker that waits for the wrong number of nodes',
      (p) => p.edit('tasks-broker-config', 'rabbitmq.conf', 'size_hint = 3', 'size_hint = 5'),
      'StatefulSet/tasks-broker: target_cluster_size_hint says 5, but it is 3',
    ],
    [
      'a broker told another name',
      (p) => (p.variable(p.node(), 'STATEFUL_SET').value = 'rabbit'),
      'StatefulSet/tasks-broker: STATEFUL_SET says rabbit, but it is tasks-broker',
    ],
    [
      'a broker told another Service',
      (p) => (p.variable(p.node(), 'NODES_DOMAIN').value = 'tasks-broker.$(POD_NAMESPACE)'),
      'StatefulSet/tasks-broker: NODES_DOMAIN says tasks-broker, but it is tasks-broker-nodes',
    ],
  ]);
});
