import { dirname, resolve } from 'node:path'
import type { FileSight, HostFiles } from './host_files'

/** The links that Linux follows for one path. Source: path_resolution(7) */
const MAX_LINKS = 40

/** Resolves with what a path leads to; undefined where it leads nowhere. */
export async function lookThrough(files: HostFiles, path: string): Promise<FileSight | undefined> {
  let at = path
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const sight = await files.look(at)
    if (sight?.leadsTo === undefined) return sight
    at = resolve(dirname(at), sight.leadsTo)
  }
  return undefined
}
