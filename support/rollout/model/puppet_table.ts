import { LockstepError } from '../../system/errors'
import type { PuppetChange } from './puppet_report'

const EXPECTED =
  'the table has two columns: a resource such as Package[mywebapp], and its change such as 4.2.6-2 → 4.2.6-3 or mode 0644 → 0600'

const RESOURCE = /^[A-Z][\w:]*\[.+\]$/

/** Returns what is wrong with a table of changes as it is written; undefined where nothing is. */
export function changeTableFault(rows: readonly (readonly string[])[]): string | undefined {
  return rows.length > 0 && rows.every((row) => row.length === 2 && isChange(row)) ? undefined : EXPECTED
}

/**
 * Returns the changes that a table allows. `->` stands for `→`.
 * @throws LockstepError `bad-feature` for a table of another form
 */
export function changesIn(rows: readonly (readonly string[])[]): PuppetChange[] {
  const fault = changeTableFault(rows)
  if (fault !== undefined) throw new LockstepError('bad-feature', fault)
  return rows.map(([resource = '', change = '']) => ({
    resource,
    change: change.replaceAll(/(^| )->( |$)/g, '$1→$2'),
  }))
}

const EXPECTED_RESOURCES = 'the table has one column: resources such as Package[mywebapp] or File[/etc/motd]'

/** Returns what is wrong with a table of resources as it is written; undefined where nothing is. */
export function resourceTableFault(rows: readonly (readonly string[])[]): string | undefined {
  return rows.length > 0 && rows.every((row) => row.length === 1 && isResource(row[0] ?? ''))
    ? undefined
    : EXPECTED_RESOURCES
}

/**
 * Returns the resources that a table allows to remain.
 * @throws LockstepError `bad-feature` for a table of another form
 */
export function resourcesIn(rows: readonly (readonly string[])[]): string[] {
  const fault = resourceTableFault(rows)
  if (fault !== undefined) throw new LockstepError('bad-feature', fault)
  return rows.flat()
}

function isResource(resource: string): boolean {
  return (
    /^(?:Package|Service|File|Folder|User|Group)\[.+\](?: by \S+)?$/.test(resource) ||
    /^<[^<>]+>$/.test(resource)
  )
}

function isChange([resource = '', change = '']: readonly string[]): boolean {
  // A variable stands there as it is written until the feature runs.
  return (RESOURCE.test(resource) || /^<[^<>]+>$/.test(resource)) && change !== ''
}
