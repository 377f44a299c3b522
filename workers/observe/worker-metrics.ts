import { Counter, Gauge, type Registry } from 'prom-client';
import type { LinkFigures } from '../broker/link';

/** What a worker says of itself when it is asked. */
export interface WorkerFigures {
  /** Tasks that run. */
  readonly running: number;
  /** Tasks that may run at once. */
  readonly concurrency: number;
  readonly state: 'connecting' | 'consuming' | 'draining' | 'stopped';
  /** Its connections, by what they are for. */
  readonly links: Readonly<Record<string, LinkFigures>>;
}

/** Shows the worker's state, as it is at each scrape. */
export function showWorker(registry: Registry, figures: () => WorkerFigures): void {
  const show = (name: string, help: string, value: (now: WorkerFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(figures()));
      },
    });
  };
  show('warren_tasks_running', 'Tasks that run now.', ({ running }) => running);
  show('warren_concurrency', 'Tasks that may run at once.', ({ concurrency }) => concurrency);
  show('warren_consuming', '1 while the worker takes tasks, else 0; as /readyz says.', ({ state }) => Number(state === 'consuming'));
  show('warren_draining', '1 from SIGTERM on: no more tasks are taken, those that run may end.', ({ state }) =>
    Number(state === 'draining'),
  );
  showLinks(registry, () => figures().links);
}

function showLinks(registry: Registry, links: () => WorkerFigures['links']): void {
  const common = { labelNames: ['link'], registers: [registry] };
  new Gauge({
    ...common,
    name: 'warren_link_up',
    help: '1 while the connection stands, else 0; link is consumer, publisher or, where results are kept, redis.',
    collect() {
      for (const [link, { up }] of Object.entries(links())) this.set({ link }, Number(up));
    },
  });
  new Gauge({
    ...common,
    name: 'warren_link_blocked',
    help: '1 while the broker takes no messages on the connection, for lack of memory or disk.',
    collect() {
      for (const [link, { blocked }] of Object.entries(links())) this.set({ link }, Number(blocked));
    },
  });
  new Counter({
    ...common,
    name: 'warren_link_reconnects_total',
    help: 'Connections that were made after the first one.',
    collect() {
      this.reset();
      for (const [link, { reconnects }] of Object.entries(links())) this.inc({ link }, reconnects);
    },
  });
}
