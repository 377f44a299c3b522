import type { WireException } from '../celery/result';

/** How one try of a task ended. Plain data: tries also end in threads and child processes. */
export type Verdict =
  | { readonly kind: 'success'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly exception: WireException; readonly traceback: string | null }
  /** To be run again; `exception` says why, if anything was thrown but `Retry`. */
  | {
      readonly kind: 'retry';
      readonly delaySeconds: number;
      readonly exception: WireException | null;
      readonly traceback: string | null;
    }
  | { readonly kind: 'reject'; readonly requeue: boolean; readonly reason: string }
  | { readonly kind: 'ignore' }
  /** Over its hard time limit. */
  | { readonly kind: 'timeout'; readonly seconds: number }
  /** Its thread or child process died. */
  | { readonly kind: 'lost'; readonly detail: string }
  /** Revoked while it ran. */
  | { readonly kind: 'terminated'; readonly signal: string }
  /** Stopped because the worker stops; another one runs it. */
  | { readonly kind: 'drained' };
