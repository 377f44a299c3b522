import { join } from 'node:path';
import { canInstallPackages, installPackages } from './apt';
import { cached } from './cache';
import { boundToUs, run } from './processes';

/** Virtual environments and the packages in them. */
const REQUIREMENTS = {
  'celery-5.7.0': ['celery==5.7.0', 'flower==2.2.0', 'redis==8.1.0'],
  'celery-5.6.3': ['celery==5.6.3'],
  'kubernetes-validate': ['kubernetes-validate==1.37.0'],
  checkov: ['checkov==3.3.30'],
} as const;

export type PythonEnvironment = keyof typeof REQUIREMENTS;

export const PYTHON_ENVIRONMENTS = Object.keys(REQUIREMENTS) as PythonEnvironment[];

const OLDEST_MINOR = 11;

/** The python of a virtual environment, which is made on first use. */
export async function python(environment: PythonEnvironment): Promise<string> {
  const requirements = REQUIREMENTS[environment];
  const version = await pythonVersion();
  const folder = await cached({
    name: environment,
    recipe: `${version}: ${requirements.join(' ')}`,
    build: (folder) => build(folder, requirements),
  });
  return join(folder, 'bin', 'python');
}

async function build(folder: string, requirements: readonly string[]): Promise<void> {
  const complete = await run(['python3', '-c', 'from ensurepip import bootstrap; import venv']).catch(() => undefined);
  if (complete === undefined) {
    if (!(await canInstallPackages())) throw new Error('python3 lacks its venv module: install python3-venv');
    await installPackages('python3-venv');
  }
  await run([...boundToUs('KILL'), 'python3', '-m', 'venv', folder]);
  const pip = [join(folder, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', '--no-cache-dir'];
  await run([...boundToUs('KILL'), ...pip, ...requirements]);
}

/** For example `Python 3.11.7`. */
async function pythonVersion(): Promise<string> {
  const needed = `the interop and manifest tests need Python >= 3.${OLDEST_MINOR} as python3`;
  const version = (await run(['python3', '--version']).catch(() => Promise.reject(new Error(`${needed}, and there is none`)))).trim();
  const [, major = 0, minor = 0] = (/^Python (\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major < 3 || (major === 3 && minor < OLDEST_MINOR)) throw new Error(`${needed}, and it is ${version}`);
  return version;
}
