import { App, Chart } from 'cdk8s';
import { InvalidConfiguration, type Problem } from '../workers/problems';
import { kubernetesName, problem } from './rules';

/** One place the system runs in; users add fields of their own. */
export interface Environment {
  /** Also the name of the manifest: `<name>.k8s.yaml`. */
  readonly name: string;
  readonly namespace: string;
}

/**
 * Writes one manifest for each environment, or none at all: what is wrong in any of them is printed at once and the process exits
 * with 1. Set DEBUG for the stack trace.
 */
export function synth<E extends Environment>(environments: readonly E[], build: (chart: Chart, environment: E) => void): void {
  try {
    render(environments, build).synth();
  } catch (error) {
    if (!(error instanceof InvalidConfiguration) || process.env['DEBUG']) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * The application that `synth` writes, for programs and tests that want it in memory.
 * @throws InvalidConfiguration with the problems of all environments; each path begins with the environment's name
 */
export function render<E extends Environment>(environments: readonly E[], build: (chart: Chart, environment: E) => void): App {
  const app = new App();
  const problems = environments.flatMap((environment, index) => {
    const own = environmentProblems(environments, index);
    // A chart without a name of its own cannot even be made.
    const isNamed = !own.some(({ path }) => path.endsWith('.name'));
    return isNamed ? [...own, ...buildProblems(app, environment, build)] : own;
  });
  if (problems.length > 0) throw new InvalidConfiguration(problems);
  return app;
}

function buildProblems<E extends Environment>(app: App, environment: E, build: (chart: Chart, environment: E) => void): Problem[] {
  try {
    build(new Chart(app, environment.name, { namespace: environment.namespace }), environment);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    return error.problems.map((each) => ({ ...each, path: `${environment.name}.${each.path}` }));
  }
}

function environmentProblems(environments: readonly Environment[], index: number): Problem[] {
  const { name, namespace } = environments[index] as Environment;
  const path = `environments[${index}]`;
  const twin = environments.findIndex((other) => other.name === name);
  return [
    ...kubernetesName(name, `${path}.name`),
    ...kubernetesName(namespace, `${path}.namespace`),
    ...(twin === index
      ? []
      : [problem(`${path}.name`, name, `is also the name of environments[${twin}]`, 'give each environment its own name')]),
  ];
}
