// Stamps: how set-up knows that a step need not be done again. A stamp names the hash of everything the step was made
// from, and lists what it made (path and size of each file). It is written last and by rename, so an interrupted step
// has none, and it holds only as long as everything it lists is still there at that size.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Hash of texts, and of the content of files.
 * @param {{ texts?: string[], files?: string[] }} inputs
 */
export function hash({ texts = [], files = [] }) {
  const sum = createHash('sha256');
  for (const text of texts) sum.update(`${text.length}:${text}`);
  for (const file of files) {
    const content = readFileSync(file);
    sum.update(`${content.length}:`).update(content);
  }
  return sum.digest('hex').slice(0, 32);
}

/** Writes a file so that it is there whole or not at all. */
export function writeWhole(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.${process.pid}`;
  writeFileSync(next, content);
  renameSync(next, path);
}

/**
 * The files under a folder with their sizes, for a stamp.
 * @param {string} folder
 * @returns {Record<string, number>} path relative to the folder → bytes
 */
export function inventory(folder) {
  const files = {};
  const walk = (prefix) => {
    for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else files[path] = lstatSync(join(folder, path)).size;
    }
  };
  walk('');
  return files;
}

/**
 * Whether the stamp is there, was made from the same inputs, and what it lists is still there.
 * @param {string} path of the stamp
 * @param {string} key hash of the inputs
 * @param {string} folder the folder its files are in
 */
export function holds(path, key, folder) {
  let stamp;
  try {
    stamp = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return false; // none, or not readable: the step is done again
  }
  if (stamp.key !== key) return false;
  for (const [file, size] of Object.entries(stamp.files)) {
    if (lstatSync(join(folder, file), { throwIfNoEntry: false })?.size !== size) return false;
  }
  return true;
}

export const put = (path, key, folder) => writeWhole(path, JSON.stringify({ key, files: inventory(folder) }));

export const drop = (path) => rmSync(path, { force: true });
