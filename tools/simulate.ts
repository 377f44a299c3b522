#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { chartOf } from './simulate/chart';
import { readLoad } from './simulate/load';
import { readGroup } from './simulate/manifest';
import { HELP, readOptions } from './simulate/options';
import { reportOf, runsOf, settingsOf } from './simulate/report';
import { loadManifest } from './summary';

/** `warren-simulate --load load.csv`: tries the numbers of a manifest on a load, before they are deployed. */
function main(words: readonly string[]): void {
  try {
    if (words.includes('--help')) {
      process.stdout.write(HELP);
      return;
    }
    const options = readOptions(words);
    const load = readLoad(readText(options.load), options.load);
    const group = readGroup(loadManifest(options.manifest), options.manifest, options.group);
    const runs = runsOf(settingsOf(group, options), load, options);
    process.stdout.write(reportOf(runs, group));
    if (options.svg !== undefined) writeText(options.svg, chartOf(runs));
  } catch (error) {
    console.error(`simulate: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`${file}: cannot be read -> name a CSV file; --help says what is in it`);
  }
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    throw new Error(`${file}: cannot be written -> name a file in a folder that exists`);
  }
}

if (require.main === module) main(process.argv.slice(2));
