import type { Exception } from './judge';

/** docs/policy.md, from the tables that the tests hold the manifests to. */
export function policyDocument(
  exceptions: readonly Exception[],
  awaited: readonly Exception[],
  ruleCounts: Readonly<Record<string, number>>,
): string {
  const counts = Object.entries(ruleCounts).map(([linter, count]) => `${count} of ${linter}`);
  return `# What linters say about the manifests

The manifests pass these rules, except for what is listed here: ${counts.join(', ')}.

\`test/policy\` holds every environment to it, both ways: a finding that is not listed fails the tests, and so does an entry that nothing
fires for. kube-score 1.17 and checkov 3.3 also run themselves, over the rendered files and over a bad example, and must find what the
rules find. The rules of the other four were written from sources and documentation; those programs are not run.

This file is made from \`test/policy/exceptions.ts\`: \`WARREN_WRITE_DOCS=1 npx jest --selectProjects python -- test/policy/document\`.

## Permitted

${tableOf(exceptions)}
${awaited.length > 0 ? `\n## Awaited\n\nThese are to be done, not permitted.\n\n${tableOf(awaited)}\n` : ''}`;
}

function tableOf(entries: readonly Exception[]): string {
  const rows = entries.map(
    ({ title, rules, objects, environments, reason }) =>
      `| **${title}.** ${reason} | ${list(rules)} | ${list(objects)}${environments ? ` in ${environments.join(', ')}` : ''} |`,
  );
  return ['| what and why | rules | objects |', '|---|---|---|', ...rows].join('\n');
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
