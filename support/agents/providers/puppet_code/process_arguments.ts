import { readdirSync, readFileSync } from 'node:fs'

/** Returns whether a process of this machine has these arguments, one after the other; undefined where processes cannot be seen. */
export function hasProcess(args: readonly string[]): boolean | undefined {
  const wanted = `\0${args.join('\0')}\0`
  let pids: string[]
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return undefined
  }
  return pids.length === 0 ? undefined : pids.some((pid) => argumentsOf(pid).includes(wanted))
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
