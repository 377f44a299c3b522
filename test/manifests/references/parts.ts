import { SECRETS_ANNOTATION } from '../../../constructs/task-cluster';
import { find, loadEnvironment, type Manifest } from '../../support/manifests';
import { brokenReferences } from '../../support/references';

/** Parts of production, to break one of. */
export class Parts {
  constructor(readonly objects: Manifest[]) {}

  of(kind: string, name: string): Manifest {
    return find(this.objects, kind, name);
  }

  /** Pod specification of a Deployment or StatefulSet. */
  pod(kind: string, name: string): any {
    return this.of(kind, name).spec.template.spec;
  }

  worker(): any {
    return this.pod('Deployment', 'tasks-worker-general').containers[0];
  }

  node(): any {
    return this.pod('StatefulSet', 'tasks-broker').containers[0];
  }

  flower(): any {
    return this.pod('Deployment', 'tasks-flower').containers[0];
  }

  scaled(): any {
    return this.of('ScaledObject', 'tasks-worker-general').spec;
  }

  variable(container: { env: { name: string; value?: string }[] }, name: string): { name: string; value?: string } {
    const variable = container.env.find((each) => each.name === name);
    if (!variable) throw new Error(`no variable ${name}`);
    return variable;
  }

  remove(kind: string, name: string): void {
    this.objects.splice(this.objects.indexOf(this.of(kind, name)), 1);
  }

  /** Replaces text in one file of a ConfigMap. */
  edit(configMap: string, file: string, from: string, to: string): void {
    const { data = {} } = this.of('ConfigMap', configMap);
    if (!data[file]?.includes(from)) throw new Error(`${file} does not contain ${from}`);
    data[file] = data[file].replace(from, () => to);
  }

  /** Changes the list of Secrets. */
  list(change: (secrets: Record<string, Record<string, unknown>>) => void): void {
    const { annotations = {} } = this.of('ConfigMap', 'tasks-topology').metadata;
    const secrets = JSON.parse(annotations[SECRETS_ANNOTATION] ?? '');
    change(secrets);
    annotations[SECRETS_ANNOTATION] = JSON.stringify(secrets);
  }
}

/** What is broken, how to break it, and the line that says so. */
export type Fixture = [broken: string, change: (parts: Parts) => unknown, problem: string];

/** One test for each fixture: production, broken in this one way, is reported in these words. */
export function testFixtures(fixtures: readonly Fixture[]): void {
  const production = loadEnvironment('production');
  test.each(fixtures)('finds %s', (_, change, problem) => {
    const objects = structuredClone(production);
    change(new Parts(objects));
    expect(brokenReferences(objects)).toContain(problem);
  });
}
