import { resolve } from 'node:path'
import { PLACES } from '../system/commands'

type Variables = Readonly<Record<string, string | undefined>>

/** The settings of this process that a run has too: they say where locks and keys are. */
const KEPT: ReadonlySet<string> = new Set(['LOCKSTEP_LOCKS', ...PLACES.filter((name) => !isOwn(name))])

/**
 * Returns the variables of a run that `lockstep serve` begins. None of Lockstep's own settings comes from this process:
 * one such as safe mode, or a limit, would make another rollout of it. Paths are those of this process.
 */
export function environmentOf(env: Variables, cwd: string, more: Variables): Record<string, string> {
  const inherited = Object.entries(env).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || value === '' || (isOwn(name) && !KEPT.has(name))) return []
    return [[name, KEPT.has(name) ? resolve(cwd, value) : value]]
  })
  const own = Object.entries(more).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  )
  return Object.fromEntries([...inherited, ...own])
}

function isOwn(name: string): boolean {
  return name.startsWith('LOCKSTEP_')
}
