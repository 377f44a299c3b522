import type { Problem } from '../../workers/problems';
import { annotationsRule, labelsRule } from '../metadata';
import type { Resources } from '../pod';
import { amountOf } from '../quantity';
import { diskFreeLimitBytes } from './config';
import { type RabbitmqClusterOptions, type ResolvedRabbitmqOptions, resolveRabbitmqOptions } from './options';
import { pluginName, pluginProblems } from './plugins';
import { releaseFields, releaseProblems } from './release';
import { networkFields, networkProblems } from './services';
import { shutdownFields, shutdownProblems } from './shutdown';
import { storageFields, storageProblems } from './storage';
import { tlsRule } from './tls';
import { configurationProblems, configurationRule } from './user-configuration';
import { RABBITMQ_LINES } from './versions';
import { distinct, flag, join, list, oneOf, optional, problem, quantity, shape } from '../rules';
import { schedulingFields } from '../scheduling';

const LEAST_MEMORY = '256Mi';

const optionsShape = shape<RabbitmqClusterOptions>({
  ...releaseFields,
  ...storageFields,
  ...schedulingFields,
  ...networkFields,
  ...shutdownFields,
  nodes: optional(oneOf([1, 3, 5, 7], 'use 3 (an even number survives no more losses than the odd one below it)')),
  resources: optional(shape<Resources>({ cpu: quantity('cpu'), memory: quantity('bytes') })),
  permitTransientQueues: optional(flag),
  shrinkGuard: optional(flag),
  plugins: optional(distinct(list(pluginName))),
  configuration: optional(configurationRule),
  tls: optional(tlsRule),
  podLabels: optional(labelsRule),
  podAnnotations: optional(annotationsRule),
});

/** Everything that is wrong with the options of a broker: each by itself first, then those that contradict each other. */
export function rabbitmqProblems(options: RabbitmqClusterOptions, path: string): Problem[] {
  const problems = optionsShape(options, path);
  if (problems.length > 0) return problems;
  const resolved = resolveRabbitmqOptions(options);
  const { nodes, plugins, configuration, version } = resolved;
  return [
    ...releaseProblems(options, path),
    ...sizeProblems(resolved, path),
    ...storageProblems(resolved, nodes, path),
    ...networkProblems(resolved, path),
    ...shutdownProblems(resolved, nodes, path),
    ...pluginProblems(plugins, options.image !== undefined, path),
    ...configurationProblems(configuration, RABBITMQ_LINES[version], path),
  ];
}

/** Memory for the server itself, and disk for the memory it may have to page out. */
function sizeProblems({ resources, storage }: ResolvedRabbitmqOptions, path: string): Problem[] {
  if (amountOf(resources.memory) < amountOf(LEAST_MEMORY)) {
    const rule = `must be at least ${LEAST_MEMORY} (an idle node takes 140 MiB)`;
    return [problem(join(path, 'resources', 'memory'), resources.memory, rule, 'raise it')];
  }
  const limit = diskFreeLimitBytes({ memory: resources.memory, storage });
  if (amountOf(storage) >= 3 * limit) return [];
  const needed = `${Math.ceil((3 * limit) / 2 ** 30)}Gi`;
  const rule = `must be at least three times the free-disk limit, which follows from ${resources.memory} of memory`;
  return [problem(join(path, 'storage'), storage, rule, `use "${needed}" or more, or less memory`)];
}
