import { existsSync } from 'node:fs'
import { findProgram } from './programs'

/** What is to be known of a host before anything is run on it. */
export interface HostSelf {
  /** Resolves with the path of a program; undefined where the host has none of this name. */
  find(program: string): Promise<string | undefined>
  /** Resolves with whether systemd is the first process of the host. */
  isSystemd(): Promise<boolean>
  /** Resolves with the user id that programs are run with. */
  uid(): Promise<number>
}

/** This host, and the user of this process. */
export const ownSelf: HostSelf = {
  find: async (program) => findProgram(program),
  isSystemd: async () => existsSync('/run/systemd/system'),
  uid: async () => process.getuid?.() ?? 0,
}
