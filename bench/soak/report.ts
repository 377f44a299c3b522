/** What the worker says of itself. */
export interface Look {
  readonly ended: number;
  /** Bytes after a collection. */
  readonly heapUsed: number;
  readonly rss: number;
}

/** The heap at the end may be so many times the heap at a tenth: caches and compiled code still grow a little, a leak grows without end. */
const MOST_GROWTH = 1.5;

/** Counts by kind: connections, channels and so on. */
export type OpenObjects = Readonly<Record<string, number>>;

/** The table of a soak, written row by row, and its verdict. */
export class Report {
  /** What is open at the broker after the first tenth, and at the end. */
  early: OpenObjects | undefined;
  late: OpenObjects | undefined;
  private readonly started = performance.now();
  private readonly heaps: number[] = [];

  constructor(private readonly tasks: number) {
    console.log('| tasks sent | tasks ended | seconds | tasks/s | heap after GC, MiB | RSS, MiB |\n|---:|---:|---:|---:|---:|---:|');
  }

  row(sent: number, { ended, heapUsed, rss }: Look): void {
    const seconds = (performance.now() - this.started) / 1000;
    this.heaps.push(heapUsed);
    const cells = [sent, ended, seconds.toFixed(0), (ended / seconds).toFixed(0), mebibytes(heapUsed), mebibytes(rss)];
    console.log(`| ${cells.join(' | ')} |`);
  }

  /** Says what is open, and fails the process when that or the memory grew. @param exit how the worker ended */
  finish(exit: number | string | null): void {
    const { early = {}, late = {} } = this;
    for (const [kind, count] of Object.entries(late)) console.log(`${kind}: ${early[kind]} after a tenth, ${count} at the end`);
    const factor = (this.heaps.at(-1) ?? 0) / (this.heaps[0] ?? 0);
    console.log(`heap at the end: ${factor.toFixed(2)} times that after ${this.tasks / 10} tasks; the worker ended with ${exit}`);
    if (!(factor <= MOST_GROWTH)) fail(`the heap grew ${factor.toFixed(2)} times, over ${MOST_GROWTH}: something is kept for every task`);
    const grown = Object.keys(late).filter((kind) => (late[kind] ?? 0) > (early[kind] ?? 0));
    if (grown.length > 0) fail(`more ${grown.join(', ')} at the broker than after a tenth of the tasks`);
    if (exit !== 0) fail('the worker did not end in good order');
  }
}

function fail(why: string): void {
  console.error(why);
  process.exitCode = 1;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
