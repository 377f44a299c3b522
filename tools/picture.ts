#!/usr/bin/env node
/** Draws the system of a rendered manifest: `node lib/tools/picture.js dist/production.k8s.yaml > docs/system.svg`. */
import { Yaml } from 'cdk8s';
import { ENVIRONMENT } from '../workers/environment';
import { decodeTopology, type Queue } from '../workers/topology';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly template: PodTemplate;
    readonly jobTargetRef?: { readonly template: PodTemplate };
  };
}

interface PodTemplate {
  readonly spec: { readonly containers: readonly [{ readonly env?: readonly { name: string; value?: string }[] }] };
}

/** A box of the picture: its place and lines of text, the first one bold. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly kind: 'program' | 'exchange' | 'queue' | 'dead' | 'watcher';
  readonly lines: readonly string[];
}

const COLUMN = { producers: 20, exchange: 210, queues: 420, workers: 690 } as const;
const WIDTH = 900;
const ROW = 110;
const TOP = 70;
const LINE = 17;

/** The SVG of the task system among rendered objects. */
export function picture(objects: readonly Manifest[]): string {
  const topology = decodeTopology(fileOf(objects, 'topology.json'));
  const rowOf = (queue: string): number => TOP + ROW * topology.queues.findIndex(({ name }) => name === queue);
  const middle = TOP + (ROW * (topology.queues.length - 1)) / 2;
  const producers = box(COLUMN.producers, middle, 140, 'program', ['Producers', 'TypeScript, Celery']);
  const exchange = box(COLUMN.exchange, middle, 150, 'exchange', [topology.exchange, 'topic exchange', 'confirmed + routed']);
  const queues = topology.queues.map((queue) => box(COLUMN.queues, rowOf(queue.name), 190, 'queue', queueLines(queue)));
  const dead = topology.queues.map((queue) => box(COLUMN.queues + 20, rowOf(queue.name) + 62, 170, 'dead', [queue.deadLetterQueue]));
  const groups = workerGroups(objects).map((group) => ({
    ...group,
    box: box(COLUMN.workers, Math.max(...group.queues.map(rowOf)), 190, 'program', group.lines),
  }));
  const bottom = TOP + ROW * topology.queues.length + 25;
  const watchers = [
    box(COLUMN.queues, bottom, 190, 'watcher', ['Flower', 'workers and tasks']),
    box(COLUMN.workers, bottom, 190, 'watcher', ['KEDA', 'waiting + running tasks']),
  ];
  const arrows = [
    arrow(producers, exchange),
    ...queues.map((queue) => arrow(exchange, queue)),
    ...groups.flatMap((group) =>
      group.queues.map((name) => arrow(queues[topology.queues.findIndex((queue) => queue.name === name)] as Box, group.box)),
    ),
  ];
  const frame = `<rect class="broker" x="${COLUMN.exchange - 15}" y="18" width="${COLUMN.queues + 220 - COLUMN.exchange}" height="${bottom - 40}" rx="10"/>
<text class="title" x="${COLUMN.exchange}" y="40">RabbitMQ${nodesOf(objects)}, virtual host ${topology.virtualHost}</text>`;
  const boxes = [producers, exchange, ...queues, ...dead, ...groups.map((group) => group.box), ...watchers];
  return svg(bottom + 70, [frame, ...arrows, ...boxes.map(draw)]);
}

/** `, 3 nodes`; nothing for a broker that runs elsewhere. */
function nodesOf(objects: readonly Manifest[]): string {
  const nodes = objects.find(({ kind }) => kind === 'StatefulSet' || kind === 'RabbitmqCluster')?.spec?.replicas;
  if (nodes === undefined) return '';
  return nodes === 1 ? ', 1 node' : `, ${nodes} nodes`;
}

function queueLines(queue: Queue): string[] {
  return [queue.name, `tasks up to ${queue.maxTaskSeconds} s`, `dead letter after ${queue.deliveryLimit} losses`];
}

function workerGroups(objects: readonly Manifest[]): { queues: string[]; lines: string[] }[] {
  return objects
    .filter(
      ({ kind, metadata }) => ['Deployment', 'ScaledJob'].includes(kind) && metadata.labels?.['app.kubernetes.io/component'] === 'worker',
    )
    .map((group) => {
      const template = group.spec?.jobTargetRef?.template ?? group.spec?.template;
      const valueOf = (name: string): string => template?.spec.containers[0].env?.find((each) => each.name === name)?.value ?? '';
      return {
        queues: valueOf(ENVIRONMENT.queues).split(','),
        lines: [group.metadata.name, podsOf(group, objects), `${valueOf(ENVIRONMENT.concurrency)} tasks at once`],
      };
    });
}

function podsOf({ kind, metadata, spec }: Manifest, objects: readonly Manifest[]): string {
  if (kind === 'ScaledJob') return `0 to ${spec?.maxReplicaCount} Jobs`;
  const scaler = (of: string) => objects.find((other) => other.kind === of && other.metadata.name === metadata.name)?.spec;
  const [byQueues, byCpu] = [scaler('ScaledObject'), scaler('HorizontalPodAutoscaler')];
  if (byQueues) return `${byQueues.minReplicaCount} to ${byQueues.maxReplicaCount} pods`;
  return byCpu ? `${byCpu.minReplicas} to ${byCpu.maxReplicas} pods` : `${spec?.replicas ?? 1} pods`;
}

function box(x: number, y: number, width: number, kind: Box['kind'], lines: readonly string[]): Box {
  return { x, y, width, kind, lines };
}

function heightOf(shape: Box): number {
  return shape.lines.length * LINE + 8;
}

function draw(shape: Box): string {
  const text = shape.lines.map(
    (line, index) =>
      `<text class="${index === 0 ? 'name' : 'detail'}" x="${shape.x + 10}" y="${shape.y + LINE * (index + 1)}">${escape(line)}</text>`,
  );
  return [
    `<rect class="${shape.kind}" x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${heightOf(shape)}" rx="6"/>`,
    ...text,
  ].join('\n');
}

function arrow(from: Box, to: Box): string {
  const [x1, y1] = [from.x + from.width, from.y + heightOf(from) / 2];
  const [x2, y2] = [to.x - 4, to.y + heightOf(to) / 2];
  const bend = (x1 + x2) / 2;
  return `<path class="arrow" marker-end="url(#head)" d="M${x1} ${y1} C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}"/>`;
}

function svg(height: number, content: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">
<style>
rect { stroke: #57606a; stroke-width: 1; }
.program { fill: #ddf4ff; } .exchange { fill: #fff8c5; } .queue { fill: #dafbe1; } .dead { fill: #ffebe9; } .watcher { fill: #fbefff; }
.broker { fill: #f6f8fa; stroke-dasharray: 5 4; } .title { fill: #57606a; } .name { font-weight: 600; } .detail { fill: #57606a; }
.arrow { fill: none; stroke: #57606a; stroke-width: 1.4; }
</style>
<defs><marker id="head" markerWidth="8" markerHeight="8" refX="6" refY="4" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#57606a"/></marker></defs>
<rect x="0" y="0" width="${WIDTH}" height="${height}" fill="#ffffff" stroke="none"/>
${content.join('\n')}
</svg>
`;
}

function fileOf(objects: readonly Manifest[], file: string): string {
  const text = objects.find(({ data }) => data?.[file] !== undefined)?.data?.[file];
  if (text === undefined) throw new Error(`the manifest holds no ${file} -> give a manifest that Warren rendered`);
  return text;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}

if (require.main === module) process.stdout.write(picture(Yaml.load(process.argv[2] ?? 'dist/production.k8s.yaml') as Manifest[]));
