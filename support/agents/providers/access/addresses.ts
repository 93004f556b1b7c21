import { lstatSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import { isWithin } from '../../../system/network'
import { readForeignFile } from '../../../system/regular_file'
import type { SiteAddresses } from '../../access'
import { formatAddresses, readAddresses } from './address_lines'
import { changeGuarded, readGuarded, syncFolderOf, writeNew, type GuardedFile } from './guarded_file'
import type { WebServer } from './password_lines'

/** The addresses of a site as the host's own configuration has them. */
export interface AddressSettings {
  /** The path of the file that the web server includes; absolute. */
  path: string
  /** The program and arguments that test the web server's configuration; the status says whether it is well. */
  test: readonly string[]
  /** The program and arguments that have the web server read it again. */
  reload: readonly string[]
}

/** Milliseconds that the web server's own programs may take. */
const MAX_PROGRAM_MS = 10_000
const MAX_SAID = 500
const MAX_BYTES = 1024 * 1024

/**
 * Returns the addresses of a site. While a change is under way, the text before it lies beside the file: a kill in between
 * leaves that, so that a look tells of it, and the next change tests and reloads, or goes back.
 */
export function siteAddresses(
  { path, test, reload }: AddressSettings,
  form: WebServer,
  run: CommandRunner,
): SiteAddresses {
  const faultOf = (text: string) => {
    const found = readAddresses(text, form)
    return 'fault' in found ? found.fault : undefined
  }
  const file: GuardedFile = { called: 'file of addresses', path, faultOf }
  const backup = join(dirname(path), `.${basename(path)}.lockstep-before`)
  const isUnderWay = () => lstatSync(backup, { throwIfNoEntry: false }) !== undefined
  const addressesIn = (text: string) => {
    const found = readAddresses(text, form)
    return 'fault' in found ? [] : found.addresses
  }
  const settle = () => {
    rmSync(backup, { force: true })
    syncFolderOf(path)
  }
  /** Puts the text before in its place again. Another program may have changed the file meanwhile: that stays. */
  const goBack = (old: string, written: string) => {
    const fault = faultOf(old)
    if (fault !== undefined) throw new Error(`the text before it, ${backup}, is not used: ${fault}`)
    changeGuarded(file, (now) => {
      if (now === written) return old
      throw new Error('somebody else changed it meanwhile')
    })
    settle()
  }
  /** Has the web server test and read what is there; goes back to the text before where it refuses that. */
  const takeIntoUse = async (old: string) => {
    const written = readGuarded(file)
    const why = (await whyNot(run, test, 'its test')) ?? (await whyNot(run, reload, 'its reload'))
    if (why === undefined) return settle()
    try {
      goBack(old, written)
    } catch (error) {
      throw new Error(`${why}; ${path} stays as it is: ${(error as Error).message}`, { cause: error })
    }
    throw new Error(`${why}; the file of addresses is as it was before`)
  }
  const change = async (edit: (addresses: readonly string[]) => readonly string[]) => {
    if (isUnderWay()) await takeIntoUse(readForeignFile(backup, MAX_BYTES).toString('latin1'))
    const before = addressesIn(readGuarded(file))
    if (edit(before).length === before.length) return
    const faulty = await whyNot(run, test, 'its test')
    if (faulty !== undefined) throw new Error(`${faulty}, before anything was changed; nothing was written`)
    let old = ''
    changeGuarded(
      file,
      (now) => formatAddresses(edit(addressesIn(now)), now, form),
      (text) => {
        old = text
        writeNew(backup, text)
        syncFolderOf(path)
      },
    )
    await takeIntoUse(old)
  }
  return {
    list: () => ({ addresses: addressesIn(readGuarded(file)), isUnderWay: isUnderWay() }),
    allow: (address) => change((listed) => (isAllowed(listed, address) ? listed : [...listed, address])),
    remove: (address) => change((listed) => listed.filter((each) => !isWithin(each, address))),
  }
}

function isAllowed(listed: readonly string[], address: string): boolean {
  return listed.some((each) => isWithin(address, each))
}

/** Runs a program of the web server to its end. Returns why it did not succeed, in its own last words. */
async function whyNot(
  run: CommandRunner,
  [program = '', ...args]: readonly string[],
  what: string,
): Promise<string | undefined> {
  const { exitCode, failure, output } = await run(program, args, { within: MAX_PROGRAM_MS, outlives: true })
  if (failure === undefined && exitCode === 0) return undefined
  const said = output.trim().split('\n').slice(-3).join('; ').slice(-MAX_SAID)
  const how = failure ?? `it exited with ${exitCode}`
  return `the web server refuses its configuration, by ${what} (${program}): ${how}${said === '' ? '' : `: ${said}`}`
}
