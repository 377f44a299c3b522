/** Seconds until Redis forgets a result: Celery's default of `result_expires`. */
export const EXPIRE_SECONDS = 86_400;
