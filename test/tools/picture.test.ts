import { ExternalBroker, RabbitmqCluster, RabbitmqOperatorCluster } from '../../constructs';
import { renderTasks } from '../support/manifests';
import { picture } from '../../tools/picture';
import { EVERY_OPTION } from '../support/every-option';

const draw = (props: Parameters<typeof renderTasks>[0]) => picture(renderTasks(props));

describe('picture', () => {
  test.each([
    ['three nodes', RabbitmqCluster.of(), 'RabbitMQ, 3 nodes, virtual host tasks'],
    ['one node', RabbitmqCluster.of({ nodes: 1 }), 'RabbitMQ, 1 node, virtual host tasks'],
    ['nodes of the cluster operator', RabbitmqOperatorCluster.of({ nodes: 5 }), 'RabbitMQ, 5 nodes, virtual host tasks'],
    ['a broker elsewhere', ExternalBroker.of({ hosts: ['a:5672'], managementUrl: 'http://a:15672/' }), 'RabbitMQ, virtual host tasks'],
  ])('names %s', (_, broker, title) => expect(draw({ broker })).toContain(`>${title}<`));

  test('draws each worker group with its pods and tasks, also with containers beside the worker', () => {
    const lines = draw(EVERY_OPTION);
    for (const line of ['tasks-worker-all', '0 to 9 pods', '4 tasks at once', 'tasks-worker-other', '2 pods'])
      expect(lines).toContain(`>${line}<`);
  });
});
