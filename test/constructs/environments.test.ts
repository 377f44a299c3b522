import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Chart } from 'cdk8s';
import { DIST, ENVIRONMENTS, idOf, loadEnvironment, type Manifest, REPOSITORY } from '../support/manifests';

/** The numbers a reviewer looks for first, in the line of their object. */
function lineOf(object: Manifest): string {
  const { spec = {} } = object;
  const numbers = {
    replicas: spec.replicas,
    min: spec.minReplicaCount,
    max: spec.maxReplicaCount,
    window: spec.advanced?.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds,
    cooldown: spec.cooldownPeriod,
    grace: spec.template?.spec.terminationGracePeriodSeconds,
    cpu: spec.template?.spec.containers[0].resources.requests.cpu,
    memory: spec.template?.spec.containers[0].resources.requests.memory,
    storage: spec.volumeClaimTemplates?.[0].spec.resources.requests.storage,
  };
  const shown = Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return [idOf(object), ...shown].join(' ');
}

describe('main.ts', () => {
  const folders: string[] = [];
  const render = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'warren-render-'));
    folders.push(folder);
    execFileSync(process.execPath, [join(REPOSITORY, 'lib/main.js')], { cwd: folder, env: { ...process.env, CDK8S_OUTDIR: folder } });
    return folder;
  };
  const filesOf = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));

  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  test('renders the committed manifests, byte for byte (npm run synth)', () => expect(filesOf(render())).toEqual(filesOf(DIST)));

  test('renders the same twice', () => expect(filesOf(render())).toEqual(filesOf(render())));

  test('loses nothing on the way to YAML: one document for each object', () => {
    const synth = jest.spyOn(App.prototype, 'synth').mockImplementation(() => undefined);
    jest.requireActual('../../main');
    const charts: Chart[] = synth.mock.contexts[0]?.charts ?? [];
    synth.mockRestore();
    expect(new Set(charts.map((chart) => chart.node.id))).toEqual(new Set(ENVIRONMENTS));
    for (const chart of charts) {
      const documents = readFileSync(join(DIST, `${chart.node.id}.k8s.yaml`), 'utf8').split(/^---$/m);
      expect(documents).toHaveLength(chart.toJson().length);
      expect(loadEnvironment(chart.node.id)).toEqual(chart.toJson());
    }
  });

  test('renders three environments', () => expect(ENVIRONMENTS).toEqual(['development', 'production', 'staging']));

  test.each(ENVIRONMENTS)('renders these objects for %s', (environment) =>
    expect(loadEnvironment(environment).map(lineOf).join('\n')).toMatchSnapshot(),
  );
});
