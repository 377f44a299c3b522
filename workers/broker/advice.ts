/** What the broker or the network says, and what to do about it. The first that fits counts. */
const ADVICE: readonly (readonly [said: RegExp, advice: string])[] = [
  [
    /Login was refused|ACCESS.REFUSED.*(login|PLAIN|authentication)/i,
    "login refused -> compare the Secret's username and password with the broker's user; both are read again at every attempt",
  ],
  [/vhost .*(not found|is down)|NOT_ALLOWED - vhost/i, 'no such virtual host -> run the topology Job, or create it'],
  [/access to vhost .* refused/i, "no permission in the virtual host -> run the topology Job, or set the user's permissions"],
  [/access to .* refused for user/i, "no permission -> run the topology Job, or set the user's permissions"],
  [/no (queue|exchange) '/i, 'missing in the broker -> run the topology Job, or declare it'],
  [/ENOTFOUND|EAI_AGAIN/, 'name not found -> check WARREN_BROKER_HOSTS and the DNS; the other hosts are tried, too'],
  [/ENOENT/, 'credentials not found -> mount the Secret with the files username and password'],
  [/connection.*limit|user limit|node connection limit/i, "too many connections -> raise the broker's limit, or run fewer workers"],
];

/** What to do about an error, when that is known. */
export function adviceFor(message: string): string | undefined {
  return ADVICE.find(([said]) => said.test(message))?.[1];
}
