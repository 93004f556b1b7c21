import { basename, dirname, join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import { isWithin } from '../../../system/network'
import type { SiteAddresses } from '../../access'
import { isUnknown } from '../programs'
import { formatAddresses, readAddresses } from './address_lines'
import { changeGuarded, readGuarded, type GuardedFile } from './guarded_file'
import type { GuardedFiles } from './guarded_files'
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

/**
 * Returns the addresses of a site. While a change is under way, the text before it lies beside the file: a kill in between
 * leaves that, so that a look tells of it, and the next change tests and reloads, or goes back.
 */
export function siteAddresses(
  { path, test, reload }: AddressSettings,
  form: WebServer,
  run: CommandRunner,
  files: GuardedFiles,
): SiteAddresses {
  const faultOf = (text: string) => {
    const found = readAddresses(text, form)
    return 'fault' in found ? found.fault : undefined
  }
  const file: GuardedFile = { called: 'file of addresses', path, faultOf }
  const backup = join(dirname(path), `.${basename(path)}.lockstep-before`)
  const isUnderWay = () => files.isThere(backup)
  const addressesIn = (text: string) => {
    const found = readAddresses(text, form)
    return 'fault' in found ? [] : found.addresses
  }
  const settle = () => files.remove(backup)
  /** Puts the text before in its place again. Another program may have changed the file meanwhile: that stays. */
  const goBack = async (old: string, written: string) => {
    const fault = faultOf(old)
    if (fault !== undefined) throw new Error(`the text before it, ${backup}, is not used: ${fault}`)
    await changeGuarded(files, file, (now) => {
      if (now === written) return old
      throw new Error('somebody else changed it meanwhile')
    })
    await settle()
  }
  /** Has the web server test and read what is there; goes back to the text before where it refuses that. */
  const takeIntoUse = async (old: string) => {
    const written = await readGuarded(files, file)
    const why = (await whyNot(run, test, 'its test')) ?? (await whyNot(run, reload, 'its reload'))
    if (why === undefined) return settle()
    try {
      await goBack(old, written)
    } catch (error) {
      throw new Error(`${why}; ${path} stays as it is: ${(error as Error).message}`, { cause: error })
    }
    throw new Error(`${why}; the file of addresses is as it was before`)
  }
  const change = async (edit: (addresses: readonly string[]) => readonly string[]) => {
    if (await isUnderWay()) await takeIntoUse((await files.read(backup)).text)
    const before = addressesIn(await readGuarded(files, file))
    if (edit(before).length === before.length) return
    const faulty = await whyNot(run, test, 'its test')
    if (faulty !== undefined) throw new Error(`${faulty}, before anything was changed; nothing was written`)
    const withEdit = (now: string) => formatAddresses(edit(addressesIn(now)), now, form)
    await takeIntoUse(await changeGuarded(files, file, withEdit, backup))
  }
  return {
    async list() {
      const addresses = addressesIn(await readGuarded(files, file))
      return { addresses, isUnderWay: await isUnderWay() }
    },
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
  const ended = await run(program, args, { within: MAX_PROGRAM_MS, outlives: true })
  const { exitCode, failure, output } = ended
  // The web server may have read the file by now: neither text is known to be the one that it uses.
  if (isUnknown(ended))
    throw new Error(
      `the web server may not have read its configuration, by ${what} (${program}): ${failure}; the next change has it read again`,
    )
  if (failure === undefined && exitCode === 0) return undefined
  const said = output.trim().split('\n').slice(-3).join('; ').slice(-MAX_SAID)
  const how = failure ?? `it exited with ${exitCode}`
  return `the web server refuses its configuration, by ${what} (${program}): ${how}${said === '' ? '' : `: ${said}`}`
}
