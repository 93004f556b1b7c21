import { join } from 'node:path'
import { localFiles } from '../../../system/local_files'
import { namesIn } from '../../../system/regular_file'
import type { ManagedCatalog } from '../../managed_resources'
import { joinManaged, readManaged, type KeptManaged } from '../puppet_catalog'
import { orderIn, runsIn } from './records'

/**
 * Returns what the code of applications manages, by the catalogs that its runs have left; undefined where no run has.
 * Of each application its last run counts that was not in noop: one with the code of several manages all of it.
 */
export async function managedByCode(
  records: string,
  applications: readonly string[],
): Promise<KeptManaged | undefined> {
  const last = new Map<string, string>()
  for (const run of runsIn(records)) {
    const order = orderIn(join(records, run))
    if (order === undefined || order.noop || last.has(order.code) || !applications.includes(order.code))
      continue
    if (hasCatalog(join(records, run))) last.set(order.code, run)
  }
  const told = await Promise.all([...last].map(([code, run]) => readOf(code, run, records)))
  return told.length === 0 ? undefined : joinManaged(told)
}

/** Returns the later of two: a run of the one kind says nothing of the catalog that the other has kept before. */
export function laterManaged(own: KeptManaged, applied: KeptManaged | undefined): ManagedCatalog {
  if (applied === undefined || own.found === 'unreadable') return own
  if (own.found === 'none' || applied.found !== 'whole') return applied
  return own.keptAt > applied.keptAt ? own : applied
}

/** Returns the folder in which the run of a folder keeps its catalog. No other run has it: puppet would apply that one. */
export function catalogFolder(at: string): string {
  return join(at, 'data')
}

export function hasCatalog(at: string): boolean {
  return namesIn(join(catalogFolder(at), 'catalog')).some((name) => name.endsWith('.json'))
}

async function readOf(code: string, run: string, records: string): Promise<KeptManaged> {
  const at = join(records, run)
  const told = await readManaged(localFiles, catalogFolder(at), join(at, 'report.yaml'))
  if (told.found === 'none')
    return {
      found: 'unreadable',
      problem: `last run of the code of ${code} has left no report, so that what it manages is not known`,
    }
  return told.found === 'whole' ? { ...told, run } : told
}
