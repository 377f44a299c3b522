import { ScaledObjectSpecTriggersMetricType as MetricType, type ScaledObjectSpecTriggers } from '../../imports/keda.sh';

/** Office hours: at least this many workers between two times, whatever the queues say. */
export interface CronTrigger {
  readonly type: 'cron';
  /** Name of the IANA time zone database, for example `Europe/Berlin`. */
  readonly timezone: string;
  /** When the hours begin: minute, hour, day of month, month, day of week (0 to 6), for example `0 8 * * 1-5`. */
  readonly start: string;
  /** When they end, in the same form. */
  readonly end: string;
  /** Workers to have in between. */
  readonly replicas: number;
}

/**
 * Adds workers while the ones there are use more CPU than this. Needs the metrics server, and cannot wake a sleeping group. It is
 * nothing that KEDA has a fallback for: while the metrics server is away, the other triggers go on.
 */
export interface CpuTrigger {
  readonly type: 'cpu';
  /** CPU that the workers should use on average, in percent of what they request. */
  readonly percent: number;
}

/** Adds workers by a figure of Prometheus, for example the age of the oldest task. KEDA asks without logging in. */
export interface PrometheusTrigger {
  readonly type: 'prometheus';
  /** `http://host:port` of the server. */
  readonly serverAddress: string;
  /** PromQL that returns one number. */
  readonly query: string;
  /** Figure that justifies one worker. */
  readonly threshold: number;
}

/** A reason for workers beside the queues. */
export type ExtraTrigger = CronTrigger | CpuTrigger | PrometheusTrigger;

/** A trigger, and what it adds to a formula that counts in tasks; the CPU never stands in a formula (KEDA, scaling modifiers). */
export interface RenderedTrigger {
  readonly trigger: ScaledObjectSpecTriggers;
  readonly term?: string;
}

/** @param target tasks of one worker in the formula, if there is one */
export function renderTrigger(extra: ExtraTrigger, index: number, target: number): RenderedTrigger {
  if (extra.type === 'cron') return renderCron(extra, `hours${index}`, target);
  if (extra.type === 'prometheus') return renderPrometheus(extra, `metric${index}`, target);
  const metadata = { value: String(extra.percent) };
  return { trigger: { type: 'cpu', name: `cpu${index}`, metricType: MetricType.UTILIZATION, metadata } };
}

/** KEDA's figure is the number of workers between start and end, and 0 else (cron_scaler.go). */
function renderCron({ timezone, start, end, replicas }: CronTrigger, name: string, target: number): RenderedTrigger {
  const metadata = { timezone, start, end, desiredReplicas: String(replicas) };
  return { trigger: { type: 'cron', name, metricType: MetricType.AVERAGE_VALUE, metadata }, term: `${name} * ${target}` };
}

function renderPrometheus({ serverAddress, query, threshold }: PrometheusTrigger, name: string, target: number): RenderedTrigger {
  const metadata = { serverAddress, query, threshold: String(threshold) };
  return {
    trigger: { type: 'prometheus', name, metricType: MetricType.AVERAGE_VALUE, metadata },
    term: `${name} / ${threshold} * ${target}`,
  };
}
