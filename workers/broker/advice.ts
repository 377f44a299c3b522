/** What the broker or the network says, and what to do about it. The first that fits counts. */
const ADVICE: readonly (readonly [said: RegExp, advice: string])[] = [
  [
    /Login was refused|ACCESS.REFUSED.*(login|PLAIN|authentication)/i,
    "login refused -> compare the Secret's username and password with the broker's user; both are read again at every attempt",
  ],
  // The library keeps the broker's own words (NOT_ALLOWED) to itself.
  [
    /Expected ConnectionOpenOk/,
    'the virtual host does not exist, or the user has no permission in it -> run the topology Job, or create it and grant the permission',
  ],
  [/access to .* refused for user/i, "no permission -> run the topology Job, or set the user's permissions"],
  [/no (queue|exchange) '/i, 'missing in the broker -> run the topology Job, or declare it'],
  [/ENOTFOUND|EAI_AGAIN/, 'name not found -> check WARREN_BROKER_HOSTS and the DNS; the other hosts are tried, too'],
  [/ENOENT/, 'credentials not found -> mount the Secret with the files username and password'],
];

/** What to do about an error, when that is known. */
export function adviceFor(message: string): string | undefined {
  return ADVICE.find(([said]) => said.test(message))?.[1];
}
