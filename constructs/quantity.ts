const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * Number behind a Kubernetes quantity: cores for CPU, bytes for memory and storage.
 * @throws Error when it is none
 */
export function amountOf(quantity: string | number): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(quantity)) ?? [];
  const factor = FACTORS[unit];
  if (digits === undefined || factor === undefined) throw new Error(`"${quantity}" is not a quantity -> write it like "500m" or "2Gi"`);
  return Number(digits) * factor;
}
