import type { Chapter, Feature } from './features';

/** docs/celery.md, from the table of features and the tests it names. */
export function celeryDocument(chapters: readonly Chapter[]): string {
  const tables = chapters.map(({ title, features }) => `## ${title}\n\n${tableOf(features, countBefore(chapters, title))}`);
  return `# Celery, feature by feature

"yes": as with Celery, or more; "by decision": not, or otherwise, for the reason given. Each line names tests that show it; they run with
real Celery and a real RabbitMQ where that is what the line is about.

\`test/interop/same-as-python.test.ts\` makes the same calls to a worker of Celery 5.7.0 and to ours, as clients of 5.7.0 and 5.6.3, and
compares what callers are told, what monitors see and what is dead-lettered. Every difference is listed with its reason in
\`test/interop/same-as-python/cases.ts\`; one that is not listed fails the tests, and so does one that is no more.

This file is made from \`test/features/features.ts\`: \`WARREN_WRITE_DOCS=1 npx jest --selectProjects unit -- test/features\`.

${tables.join('\n\n')}
`;
}

function tableOf(features: readonly Feature[], before: number): string {
  const rows = features.map(({ feature, ours, how, tests = [] }, index) => {
    const shown = tests.map((test) => `\`${test.slice(0, test.indexOf(': '))}\`${test.slice(test.indexOf(':'))}`);
    return `| ${before + index + 1} | ${feature} | ${ours} | ${how} | ${shown.join('<br>')} |`;
  });
  return ['| | Celery | ours | what there is | tests |', '|---|---|---|---|---|', ...rows].join('\n');
}

function countBefore(chapters: readonly Chapter[], title: string): number {
  const index = chapters.findIndex((chapter) => chapter.title === title);
  return chapters.slice(0, index).reduce((count, { features }) => count + features.length, 0);
}
