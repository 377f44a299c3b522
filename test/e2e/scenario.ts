import { type System } from './system';

/** One line of the table in docs/e2e.md. */
export interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly restarts: number | undefined;
  readonly seen: string;
}

export interface Scenario {
  /** Named on the command line. */
  readonly name: string;
  /** Heading of its table in docs/e2e.md. */
  readonly title: string;
  /** CustomResourceDefinitions that the cluster must have, without which it is not run unless it is named. */
  readonly needs?: readonly string[];
  run(steps: Steps): Promise<void>;
}

/** Of an error that quotes a whole object. */
const MOST_LETTERS = 400;

/** The steps of one scenario: each is timed, printed and kept for the document; what was started is taken down at the end, whatever fails. */
export class Steps {
  readonly rows: Row[] = [];
  /** Paragraphs that follow the table in the document. */
  readonly notes: string[] = [];
  private readonly ends: (() => Promise<unknown>)[] = [];
  private system: System | undefined;

  constructor(private readonly scenario: string) {}

  /** Whose restarts are counted from here on. */
  watch(system: System): void {
    this.system = system;
  }

  /** Runs at the end, the last one given first. */
  atEnd(work: () => Promise<unknown>): void {
    this.ends.unshift(work);
  }

  /** A text that the work returns is what was seen. */
  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await work();
      this.add(what, started, typeof result === 'string' ? result : '', await this.system?.restarts());
      return result;
    } catch (error) {
      this.add(what, started, `FAILED: ${error instanceof Error ? error.message : String(error)}`, undefined);
      throw error;
    }
  }

  async finish(): Promise<void> {
    this.system = undefined;
    for (const end of this.ends) await end();
  }

  private add(what: string, started: number, seen: string, restarts: number | undefined): void {
    const row = {
      what,
      seconds: (performance.now() - started) / 1000,
      restarts,
      seen: seen.replaceAll('\n', ' ').replaceAll('|', '/').trim().slice(0, MOST_LETTERS),
    };
    this.rows.push(row);
    console.log(`| ${this.scenario} ${rowText(row)}`);
  }
}

export function rowText({ what, seconds, restarts, seen }: Row): string {
  return `| ${what} | ${seconds.toFixed(1)} | ${restarts ?? ''} | ${seen} |`;
}

/** @throws Error with the words, when it is not so */
export function must(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
