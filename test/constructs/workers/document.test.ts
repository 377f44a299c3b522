import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { heapMebibytes } from '../../../constructs';
import { workerOptionFields } from '../../../constructs/workers/rules';
import { find, loadEnvironment, type Manifest, REPOSITORY } from '../../support/manifests';

const TEXT = readFileSync(join(REPOSITORY, 'docs/workers.md'), 'utf8');

describe('docs/workers.md', () => {
  test.each(Object.keys(workerOptionFields))('names the option %s', (option) => expect(TEXT).toContain(`\`${option}\``));

  test('names files that exist', () => {
    const files = [...TEXT.matchAll(/^\|.*\| `([\w/-]+\.ts)` \|$/gm)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) expect(() => readFileSync(join(REPOSITORY, 'constructs', file))).not.toThrow();
  });

  test('shows a PodMonitor that finds the workers of every group and the port of their metrics', () => {
    const [monitor] = readYaml(/```yaml\n([^]*?)```/.exec(TEXT)?.[1] ?? '');
    const { selector, podTargetLabels, podMetricsEndpoints } = (monitor as Manifest).spec;
    for (const name of ['tasks-worker-general', 'tasks-worker-heavy']) {
      const { metadata, spec } = find(loadEnvironment('production'), 'Deployment', name).spec.template;
      expect(metadata.labels).toMatchObject({ ...selector.matchLabels, [podTargetLabels[0]]: name });
      expect(spec.containers[0].ports.map((port: { name: string }) => port.name)).toEqual([podMetricsEndpoints[0].port]);
    }
  });

  test('gives the limits of the heap that are rendered', () => {
    const pairs = [...TEXT.matchAll(/(\d+[MG]i): (\d+)(?=[;)])/g)].map(([, memory = '', heap]) => [heapMebibytes(memory), Number(heap)]);
    expect(pairs).toHaveLength(4);
    for (const [computed, documented] of pairs) expect(computed).toBe(documented);
  });
});

function readYaml(text: string): Manifest[] {
  const folder = mkdtempSync(join(tmpdir(), 'warren-yaml-'));
  try {
    writeFileSync(join(folder, 'document.yaml'), text);
    return Yaml.load(join(folder, 'document.yaml'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
