import { amountOf } from '../../constructs/quantity';

describe('amountOf', () => {
  test.each<[string | number, number]>([
    ['500m', 0.5],
    ['1.5', 1.5],
    [2, 2],
    ['128974848', 128_974_848],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1Ki', 1024],
    ['3Mi', 3 * 2 ** 20],
    ['5k', 5000],
    ['1M', 1e6],
    ['1G', 1e9],
    ['10Ti', 10 * 2 ** 40],
  ])('reads %p', (quantity, amount) => expect(amountOf(quantity)).toBe(amount));

  test.each(['1 GB', '', 'much', '1gi', '-1'])('refuses %j', (quantity) =>
    expect(() => amountOf(quantity)).toThrow(`"${quantity}" is not a quantity`),
  );
});
