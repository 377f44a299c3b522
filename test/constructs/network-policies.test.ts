import { type BrokerProvider, type NetworkPolicyOptions, RabbitmqCluster, SecretSource, type TaskClusterProps } from '../../constructs';
import { find, type Manifest, problemsOf, renderTasks, taskCluster } from '../support/manifests';

const SYSTEM: Partial<TaskClusterProps> = {
  flower: {},
  workers: { general: { queues: ['small'], scale: { min: 0, max: 2 }, deletionCost: false } },
};

const render = (networkPolicies: NetworkPolicyOptions = {}, props: Partial<TaskClusterProps> = SYSTEM): Manifest[] =>
  renderTasks({ ...props, networkPolicies });

/** `in: keda/{"app":"keda-operator"} -> broker TCP 15672`, for every peer and port of every policy. */
function edgesIn(objects: readonly Manifest[]): string[] {
  const portsOf = (rule: any): string[] =>
    rule.ports?.map(({ protocol, port, endPort }: any) => `${protocol} ${port}${endPort ? `-${endPort}` : ''}`) ?? ['every port'];
  return objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => {
      const own = nameOf({ podSelector: spec.podSelector });
      return [
        ...(spec.ingress ?? []).flatMap((rule: any) =>
          portsOf(rule).flatMap((port) => rule.from.map((peer: any) => `in: ${nameOf(peer)} -> ${own} ${port}`)),
        ),
        ...(spec.egress ?? []).flatMap((rule: any) =>
          portsOf(rule).flatMap((port) => (rule.to ?? ['anywhere']).map((peer: any) => `out: ${own} -> ${nameOf(peer)} ${port}`)),
        ),
      ];
    });
}

function nameOf(peer: any): string {
  if (peer === 'anywhere') return peer;
  if (peer.ipBlock) return peer.ipBlock.cidr;
  const labels = peer.podSelector && (peer.podSelector.matchLabels ?? {});
  const namespace = peer.namespaceSelector?.matchLabels['kubernetes.io/metadata.name'];
  const pods =
    labels?.['app.kubernetes.io/component'] ?? (labels?.['app.kubernetes.io/part-of'] ? 'system' : JSON.stringify(labels ?? 'all'));
  return namespace === undefined ? pods : `${namespace}/${pods}`;
}

const DNS = [
  'out: system -> kube-system/"all" UDP 53',
  'out: system -> 169.254.20.10/32 UDP 53',
  'out: system -> kube-system/"all" TCP 53',
  'out: system -> 169.254.20.10/32 TCP 53',
];
const NODE_PORTS = ['TCP 4369', 'TCP 25672', 'TCP 5672', 'TCP 35672-35682'];
const EVERY_EDGE = [
  ...DNS,
  'out: worker -> broker TCP 5672',
  'in: worker -> broker TCP 5672',
  'in: flower -> broker TCP 5672',
  'in: flower -> broker TCP 15672',
  'in: {"warren/producer":"true"} -> broker TCP 5672',
  'in: keda/{"app":"keda-operator"} -> broker TCP 15672',
  'in: monitoring/"all" -> broker TCP 15692',
  'in: monitoring/"all" -> worker TCP 8080',
  ...NODE_PORTS.flatMap((port) => [`in: broker -> broker ${port}`, `out: broker -> broker ${port}`]),
  'out: flower -> broker TCP 5672',
  'out: flower -> broker TCP 15672',
  'in: topology -> broker TCP 15672',
  'out: topology -> broker TCP 15672',
];
/** What options change about the edges, as `+` and `-` lines. */
const changeOf = (options: NetworkPolicyOptions, props = SYSTEM): string[] => {
  const edges = edgesIn(render(options, props));
  return [
    ...EVERY_EDGE.filter((edge) => !edges.includes(edge)).map((edge) => `- ${edge}`),
    ...edges.filter((edge) => !EVERY_EDGE.includes(edge)).map((edge) => `+ ${edge}`),
  ];
};

describe('NetworkPolicies', () => {
  test('let through what a task system needs, and nothing else', () => expect(new Set(edgesIn(render()))).toEqual(new Set(EVERY_EDGE)));

  test('isolate every pod of the task system in both directions, and no other pod of the namespace', () => {
    const { spec } = find(render(), 'NetworkPolicy', 'tasks-default-deny');
    expect(spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'tasks', 'app.kubernetes.io/managed-by': 'warren' } },
      policyTypes: ['Ingress', 'Egress'],
    });
    const pods = render().filter((object) => object.spec?.template);
    expect(pods).toHaveLength(4);
    for (const pod of pods) expect(pod.spec.template.metadata.labels).toMatchObject(spec.podSelector.matchLabels);
  });

  test('say for which directions they speak', () => {
    const directions = render()
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ metadata, spec }) => `${metadata.name} ${spec.policyTypes}`);
    expect(directions).toEqual([
      'tasks-default-deny Ingress,Egress',
      'tasks-dns Egress',
      'tasks-worker Ingress,Egress',
      'tasks-broker Ingress,Egress',
      'tasks-flower Ingress,Egress',
      'tasks-topology Ingress,Egress',
    ]);
  });

  test('hold no empty list, which the API server would drop and kubectl send again at every apply', () =>
    expect(
      JSON.stringify(
        render({ producers: [{ namespace: 'shop' }], workerEgress: [{ cidr: '10.0.0.0/8' }] }).filter(
          ({ kind }) => kind === 'NetworkPolicy',
        ),
      ),
    ).not.toMatch(/\[\]|\{\}/));

  test('are not rendered on request', () => {
    expect(render({ enabled: false }).map(({ kind }) => kind)).not.toContain('NetworkPolicy');
    expect(taskCluster({ networkPolicies: { enabled: false } }).networkPolicies).toBeUndefined();
    expect(taskCluster().networkPolicies?.broker?.name).toBe('tasks-broker');
  });

  test('have no rule for what is not there', () => {
    const edges = edgesIn(render({}, { broker: RabbitmqCluster.of({ nodes: 1 }) }));
    expect(new Set(edges)).toEqual(new Set(EVERY_EDGE.filter((edge) => !/flower|keda|broker -> broker/.test(edge))));
  });

  test.each<[what: string, options: NetworkPolicyOptions, change: string[]]>([
    [
      'other namespaces for KEDA, Prometheus and DNS',
      { kedaNamespace: 'scaling', prometheusNamespace: 'metrics', dnsNamespace: 'dns' },
      [
        '- out: system -> kube-system/"all" UDP 53',
        '- out: system -> kube-system/"all" TCP 53',
        '- in: keda/{"app":"keda-operator"} -> broker TCP 15672',
        '- in: monitoring/"all" -> broker TCP 15692',
        '- in: monitoring/"all" -> worker TCP 8080',
        '+ out: system -> dns/"all" UDP 53',
        '+ out: system -> dns/"all" TCP 53',
        '+ in: metrics/"all" -> worker TCP 8080',
        '+ in: scaling/{"app":"keda-operator"} -> broker TCP 15672',
        '+ in: metrics/"all" -> broker TCP 15692',
      ],
    ],
    [
      'producers in other namespaces, and with other labels',
      { producers: [{ namespace: 'shop' }, { namespace: 'mail', podLabels: { app: 'web' } }, { podLabels: { app: 'cron' } }] },
      ['shop/"all"', 'mail/{"app":"web"}', '{"app":"cron"}'].map((peer) => `+ in: ${peer} -> broker TCP 5672`),
    ],
    ['every pod of the own namespace as a producer', { producers: [{}] }, ['+ in: {} -> broker TCP 5672']],
    ['clients of Flower', { flowerClients: [{ namespace: 'ingress' }] }, ['+ in: ingress/"all" -> flower TCP 5555']],
    [
      'what tasks may connect to',
      {
        workerEgress: [
          { namespace: 'postgres', podLabels: { app: 'db' }, ports: [5432, 6432] },
          { cidr: '0.0.0.0/0', ports: [443] },
          { cidr: '10.0.0.0/8' },
        ],
      },
      [
        '+ out: worker -> postgres/{"app":"db"} TCP 5432',
        '+ out: worker -> postgres/{"app":"db"} TCP 6432',
        '+ out: worker -> 0.0.0.0/0 TCP 443',
        '+ out: worker -> 10.0.0.0/8 every port',
      ],
    ],
    ['nothing, for options that are undefined', { kedaNamespace: undefined, producers: undefined, workerEgress: undefined }, []],
  ])('let through %s', (_, options, change) => expect(changeOf(options)).toEqual(change));

  test('let workers and Flower out to the ports of a broker that runs elsewhere, and render nothing for it', () => {
    const elsewhere: BrokerProvider = {
      validate: () => [],
      create: () => ({
        hosts: ['a.example.com:5671', 'b.example.com:5671'],
        address: 'a.example.com:5671',
        managementUrl: 'https://a.example.com/',
        secretOf: (user) => user,
        secrets: [],
      }),
    };
    expect(new Set(edgesIn(render({}, { ...SYSTEM, broker: elsewhere })))).toEqual(
      new Set([
        ...DNS,
        'in: monitoring/"all" -> worker TCP 8080',
        'out: worker -> anywhere TCP 5671',
        'out: flower -> anywhere TCP 5671',
        'out: flower -> anywhere TCP 443',
      ]),
    );
  });

  test('let Prometheus in to the port of the metrics of every worker, whatever owns its pod', () => {
    const objects = render({}, { ...SYSTEM, workers: { long: { queues: ['small'], jobs: { max: 3 } }, general: { queues: ['small'] } } });
    const { matchLabels } = find(objects, 'NetworkPolicy', 'tasks-worker').spec.podSelector;
    const templates = [
      find(objects, 'Deployment', 'tasks-worker-general').spec.template,
      find(objects, 'ScaledJob', 'tasks-worker-long').spec.jobTargetRef.template,
    ];
    for (const { metadata, spec } of templates) {
      expect(metadata.labels).toMatchObject(matchLabels);
      expect(spec.containers[0].ports).toEqual([expect.objectContaining({ name: 'health', containerPort: 8080 })]);
    }
  });

  test('let workers that write their deletion cost out to the Kubernetes API', () =>
    expect(changeOf({}, { ...SYSTEM, workers: { general: { queues: ['small'], scale: { min: 0, max: 2 } } } })).toEqual([
      '+ out: worker -> anywhere TCP 443',
      '+ out: worker -> anywhere TCP 6443',
    ]));

  test('let them out to the given address of the Kubernetes API alone', () =>
    expect(
      changeOf(
        { kubernetesApi: { cidr: '192.0.2.10/32', ports: [6443] } },
        { ...SYSTEM, workers: { general: { queues: ['small'], scale: { min: 0, max: 2 } } } },
      ),
    ).toEqual(['+ out: worker -> 192.0.2.10/32 TCP 6443']));

  test('let the Job that creates Secrets out to the Kubernetes API', () =>
    expect(changeOf({}, { ...SYSTEM, secrets: SecretSource.bootstrap() })).toEqual([
      '+ out: secrets -> anywhere TCP 443',
      '+ out: secrets -> anywhere TCP 6443',
    ]));

  test.each<[problem: string, options: Record<string, unknown>, line: RegExp]>([
    ['an unknown key', { kedaNamespce: 'keda' }, /^networkPolicies\.kedaNamespce: got "keda" -> .* -> did you mean "kedaNamespace"\?$/],
    ['a flag that is text', { enabled: 'no' }, /^networkPolicies\.enabled: got "no" -> must be one of true, false/],
    [
      'a namespace in upper case',
      { kedaNamespace: 'KEDA' },
      /^networkPolicies\.kedaNamespace: got "KEDA" -> must be the name of a namespace/,
    ],
    ['producers that are no list', { producers: { namespace: 'shop' } }, /^networkPolicies\.producers: got \{.*\} -> must be a list/],
    [
      'a producer by name',
      { producers: ['shop'] },
      /^networkPolicies\.producers\[0\]: got "shop" -> must be an object -> give \{ namespace, podLabels/,
    ],
    [
      'no labels',
      { producers: [{ podLabels: {} }] },
      /^networkPolicies\.producers\[0\]\.podLabels: got \{\} -> must have at least 1 entry/,
    ],
    [
      'a label that is no text',
      { producers: [{ podLabels: { app: true } }] },
      /^networkPolicies\.producers\[0\]\.podLabels\.app: got true -> /,
    ],
    [
      'a bad label key',
      { flowerClients: [{ podLabels: { 'a b': 'c' } }] },
      /^networkPolicies\.flowerClients\[0\]\.podLabels\."a b": got "a b" -> /,
    ],
    [
      'a range without a prefix',
      { workerEgress: [{ cidr: '10.0.0.1' }] },
      /^networkPolicies\.workerEgress\[0\]\.cidr: got "10\.0\.0\.1" -> /,
    ],
    [
      'a range that is too long',
      { workerEgress: [{ cidr: '10.0.0.0/33' }] },
      /^networkPolicies\.workerEgress\[0\]\.cidr: got "10\.0\.0\.0\/33" -> /,
    ],
    [
      'a host for a range',
      { workerEgress: [{ cidr: 'example.com/24' }] },
      /^networkPolicies\.workerEgress\[0\]\.cidr: got "example\.com\/24" -> /,
    ],
    [
      'pods and a range at once',
      { workerEgress: [{ cidr: '10.0.0.0/8', namespace: 'db' }] },
      /^networkPolicies\.workerEgress\[0\]\.namespace: got "db" -> is not a known key/,
    ],
    [
      'a port over 65535',
      { workerEgress: [{ cidr: '::/0', ports: [70000] }] },
      /^networkPolicies\.workerEgress\[0\]\.ports\[0\]: got 70000 -> /,
    ],
    ['no ports', { workerEgress: [{ ports: [] }] }, /^networkPolicies\.workerEgress\[0\]\.ports: got \[\] -> must have at least 1 entry/],
  ])('refuse %s', (_, networkPolicies, line) => expect(problemsOf({ networkPolicies })).toEqual([expect.stringMatching(line)]));
});
