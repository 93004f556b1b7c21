import { join } from 'node:path'

/**
 * Returns settings that keep all files of a puppet in folders of its own: the machine's puppet is neither read nor
 * written.
 */
export function puppetFolders(root: string): string[] {
  return ['conf', 'code', 'var', 'run', 'log', 'public', 'ssl'].flatMap((name) => [
    `--${name}dir`,
    join(root, name),
  ])
}
