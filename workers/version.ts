/** Version of Warren, as workers report it; the same as in package.json. */
export const VERSION = '0.1.0';
