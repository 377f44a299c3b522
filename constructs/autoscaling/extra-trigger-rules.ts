import type { Problem } from '../../workers/problems';
import { amount, integer, isPlainObject, join, oneOf, problem, type Rule, shape, text } from '../rules';
import { cronExpression, timezone } from './cron';
import type { CpuTrigger, CronTrigger, ExtraTrigger, PrometheusTrigger } from './extra-triggers';
import type { Scale } from './scale';

const serverAddress: Rule = (value, path) => {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url && (url.username || url.password))
    return [problem(path, '(not shown)', 'must not hold a user or password: manifests hold no secret', 'remove it')];
  return url && /^https?:$/.test(url.protocol)
    ? []
    : [problem(path, value, 'must be the address of a Prometheus server', 'write "http://prometheus.monitoring.svc:9090"')];
};

const type = { cron: oneOf(['cron']), cpu: oneOf(['cpu']), prometheus: oneOf(['prometheus']) } as const;

const SHAPES: Readonly<Record<ExtraTrigger['type'], Rule>> = {
  cron: shape<CronTrigger>({ type: type.cron, timezone, start: cronExpression, end: cronExpression, replicas: integer(1, 1000) }),
  cpu: shape<CpuTrigger>({ type: type.cpu, percent: integer(1, 100) }),
  prometheus: shape<PrometheusTrigger>({
    type: type.prometheus,
    serverAddress,
    query: text(/\S/, 'must be a PromQL query', 'write what Prometheus should compute'),
    threshold: amount(0.001, 1_000_000_000),
  }),
};

const anyType = oneOf(Object.keys(SHAPES));

export const extraTrigger: Rule = (value, path) => {
  if (!isPlainObject(value)) return [problem(path, value, 'must be an object', "give { type: 'cron', ... }")];
  const unknownType = anyType(value['type'], join(path, 'type'));
  return unknownType.length > 0 ? unknownType : SHAPES[value['type'] as ExtraTrigger['type']](value, path);
};

/** Office hours that cannot have an effect, or that KEDA refuses. */
export function cronProblems({ min, max, triggers = [] }: Scale, path: string): Problem[] {
  return triggers.flatMap((trigger, index) => {
    if (trigger.type !== 'cron') return [];
    const at = (key: string) => join(`${join(path, 'triggers')}[${index}]`, key);
    const { start, end, replicas } = trigger;
    return [
      ...(start === end ? [problem(at('end'), end, 'must not be the same as start', 'give the time when the hours are over')] : []),
      ...(replicas > max ? [problem(at('replicas'), replicas, `must not be over max (${max})`, 'lower it or raise max')] : []),
      ...(replicas <= min ? [problem(at('replicas'), replicas, `has no effect: min is ${min}`, 'raise it or lower min')] : []),
    ];
  });
}

/** More than one trigger of the CPU would only be the lowest of them. */
export function cpuProblems({ triggers = [] }: Scale, path: string): Problem[] {
  const all = triggers.flatMap((trigger, index) => (trigger.type === 'cpu' ? [index] : []));
  return all
    .slice(1)
    .map((index) =>
      problem(`${join(path, 'triggers')}[${index}]`, triggers[index], 'is the second trigger of the CPU', 'keep the lower of the two'),
    );
}
