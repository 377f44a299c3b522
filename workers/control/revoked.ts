/** As in Celery: more are forgotten, oldest first. */
const MOST = 50_000;
/** As in Celery, in milliseconds: a revoked task that has not come by then runs. */
export const REVOKED_FOR_MS = 3 * 3600 * 1000;
const LONGEST_ID = 255;

/** Texts that are remembered for a while, and not too many of them. */
class LimitedSet {
  /** Text -> when it is forgotten; in the order of that time, because all are kept equally long. */
  private readonly items = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  add(item: string): void {
    this.items.delete(item);
    this.items.set(item, this.now() + REVOKED_FOR_MS);
    if (this.items.size > MOST) this.items.delete(this.items.keys().next().value as string);
  }

  has(item: string): boolean {
    const until = this.items.get(item);
    return until !== undefined && until > this.now();
  }

  /** Oldest first. */
  list(): string[] {
    const now = this.now();
    for (const [item, until] of this.items) {
      if (until > now) break;
      this.items.delete(item);
    }
    return [...this.items.keys()];
  }
}

/** A task as far as revoking goes. */
export interface Revocable {
  readonly id: string;
  /** Stamp names and their values, one or several each, as they came. */
  readonly stamps: Readonly<Record<string, unknown>>;
}

/** Tasks that must not start: by id, or by a stamp they carry. A running task is not touched by being in here. */
export class Revoked {
  private readonly byId: LimitedSet;
  private readonly byStamp: LimitedSet;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.byId = new LimitedSet(now);
    this.byStamp = new LimitedSet(now);
  }

  /** Ids that are no ids are passed over. */
  add(ids: Iterable<unknown>): void {
    for (const id of ids) if (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) this.byId.add(id);
  }

  addStamps(stamps: Readonly<Record<string, unknown>>): void {
    for (const stamp of stampsOf(stamps)) this.byStamp.add(stamp);
  }

  /** Asked right before a task starts. */
  has({ id, stamps }: Revocable): boolean {
    return this.byId.has(id) || stampsOf(stamps).some((stamp) => this.byStamp.has(stamp));
  }

  /** Ids, oldest first. */
  ids(): string[] {
    return this.byId.list();
  }
}

/** Every stamp as one text: name and value. */
export function stampsOf(stamps: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(stamps).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((each) => typeof each === 'string' || typeof each === 'number')
      .map((each) => JSON.stringify([name, each]).slice(0, 2 * LONGEST_ID)),
  );
}
