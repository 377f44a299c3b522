/** Longest wait of one timer, in milliseconds: above it Node fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
