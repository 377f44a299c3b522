/** The text of whatever was thrown; by shape and not by class, because errors of another thread or realm are none of ours. */
export function errorMessage(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
