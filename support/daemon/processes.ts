import { readFileSync } from 'node:fs'

/**
 * A process by its number and its beginning, in clock ticks since the machine began. A later process of the same number
 * differs.
 */
export interface ProcessSight {
  pid: number
  began: string
}

/** Returns the sight of a process; undefined for one that is gone or a zombie. */
export function sightOf(pid: number): ProcessSight | undefined {
  try {
    // The fields follow the program's name, which may hold anything: state is the first, its beginning the twentieth.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    const [state] = fields
    const began = fields[19]
    return state === 'Z' || state === 'X' || began === undefined ? undefined : { pid, began }
  } catch {
    return undefined
  }
}

/** Returns the name of a process's program, such as `apt-get`; `gone` where there is none any more. */
export function programName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return 'gone'
  }
}

export function isSame(reading: ProcessSight): boolean {
  return sightOf(reading.pid)?.began === reading.began
}
