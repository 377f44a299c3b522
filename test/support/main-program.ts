import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import type { KubernetesObject } from './rendered-pod';

/** The objects of one environment as the present main.ts writes them: what a user applies. */
export async function mainProgramObjects(environment: string): Promise<KubernetesObject[]> {
  const folder = await mkdtemp(join(tmpdir(), 'warren-manifests-'));
  const before = process.env['CDK8S_OUTDIR'];
  process.env['CDK8S_OUTDIR'] = folder;
  try {
    jest.isolateModules(() => void jest.requireActual('../../main'));
    return Yaml.load(join(folder, `${environment}.k8s.yaml`)) as KubernetesObject[];
  } finally {
    if (before === undefined) delete process.env['CDK8S_OUTDIR'];
    else process.env['CDK8S_OUTDIR'] = before;
    await rm(folder, { recursive: true });
  }
}
