import { readFileSync } from 'node:fs'

/** A process, told apart from a later one of the same number by when it began (clock ticks since the machine did). */
export interface ProcessSight {
  pid: number
  began: string
}

/** Undefined for a process that is gone, or that only waits to be buried. */
export function sightOf(pid: number): ProcessSight | undefined {
  try {
    // Behind the name of the program, which may hold anything: state is the first field, its beginning the twentieth.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    const [state] = fields
    const began = fields[19]
    return state === 'Z' || state === 'X' || began === undefined ? undefined : { pid, began }
  } catch {
    return undefined
  }
}

export function isSame(sight: ProcessSight): boolean {
  return sightOf(sight.pid)?.began === sight.began
}
