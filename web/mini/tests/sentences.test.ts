import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(__dirname, '../src');
/** Reading what people paste, and the page for developers. */
const ALLOWED = /^(messages|pages\/dev)\/|address-paste\.ts$/;
/** The server's own words for a plain freight rule and for what is missing to an offer. */
const WORDS_OF_OTHERS = /row\.label === '运费'|startsWith\('还差'\)/;

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(vue|ts)$/.test(name) ? [path] : [];
  });
}

describe('sentences', () => {
  it('stand in the message files, not in pages', () => {
    const found = sources(ROOT)
      .filter((path) => !ALLOWED.test(path.slice(ROOT.length + 1)))
      .flatMap((path) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => /[\u4e00-\u9fa5]/.test(line) && !/^\s*(\/\/|\*|\/\*|<!--)/.test(line))
          .filter((line) => !WORDS_OF_OTHERS.test(line))
          .map((line) => `${path.slice(ROOT.length + 1)}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });
});
