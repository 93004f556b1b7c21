import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Action, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'
import { InTurn } from '../system/in_turn'
import { isWithin } from '../system/network'
import { digestOf } from '../system/password_hash'

/** The sites that a host's own configuration names. */
export interface AccessSites {
  readonly names: readonly string[]
  /** Returns a site; undefined for one that is not configured. */
  find(name: string): AccessSite | undefined
}

/** The users whom a site of a host lets in. @throws Error in words where its file is odd, or cannot be read or written */
export interface AccessSite {
  /** Returns the users in the order of their first lines. */
  users(): Promise<readonly SiteUser[]> | readonly SiteUser[]
  status(user: string): Promise<UserStatus> | UserStatus
  /** Gives a user one line with this hash, and no other. */
  allow(user: string, hash: string): Promise<void> | void
  /** Takes all lines of a user away. */
  remove(user: string): Promise<void> | void
  /** The addresses that it lets in; absent where the host's configuration names no file of them. */
  readonly addresses?: SiteAddresses | undefined
}

/** The addresses that a site of a host lets in. @throws Error in words where the web server refuses them, or the file is odd */
export interface SiteAddresses {
  list(): Promise<AddressList> | AddressList
  /** Lets an address or network in, where none that is listed has it. */
  allow(address: string): Promise<void>
  /** Takes away an address or network, and those within it. */
  remove(address: string): Promise<void>
}

export interface AddressList {
  addresses: readonly string[]
  /** True where a change was begun, and the web server may not have read it: its daemon was killed. */
  isUnderWay: boolean
}

/** The kind of a hash; `none` where there is nothing to compare a password with. */
export type HashKind =
  | 'bcrypt'
  | 'apr1'
  | 'sha1'
  | 'salted sha1'
  | 'crypt'
  | 'sha256'
  | 'sha512'
  | 'plain text'
  | 'unknown'
  | 'none'

export interface SiteUser {
  name: string
  kind: HashKind
}

export interface UserStatus {
  lines: number
  /** True where the web server lets the user in with the password of the first line. */
  usable: boolean
  kind: HashKind | undefined
  /** The hash of the only line, as an order would write it; undefined for several lines, and for another kind. */
  hash: string | undefined
  /** Names that differ from the user by case or blanks alone. */
  similar: readonly string[]
}

const MAX_NAMED = 1_000
const MAX_SIMILAR = 5

/** Returns the access agent. It changes one file at a time, so that two changes do not lose one another. */
export function accessAgent(sites: AccessSites): Agent {
  const queue = new InTurn()
  const on = (inputs: Readonly<Record<string, Data>>) => {
    const name = textInput(inputs, 'site')
    const found = sites.find(name)
    if (found !== undefined) return found
    const known = sites.names.join(', ') || 'none'
    throw new ActionFailed(`No site ${name} is configured on this host (configured: ${known})`)
  }
  const addressesOn = (inputs: Readonly<Record<string, Data>>) => {
    const { addresses } = on(inputs)
    if (addresses !== undefined) return addresses
    throw new ActionFailed(`The site ${textInput(inputs, 'site')} has no file of addresses on this host`)
  }
  const inTurn =
    (action: Action): Action =>
    (inputs, call) =>
      queue.run(call, () => action(inputs, call))
  return {
    contract: contracts.access,
    actions: aborting({
      async users(inputs) {
        const users = await on(inputs).users()
        const named = users.slice(0, MAX_NAMED).map(({ name, kind }) => [name, kind] as const)
        return { users: Object.fromEntries(named), count: users.length }
      },
      status: async (inputs) => formatStatus(await on(inputs).status(textInput(inputs, 'user'))),
      allow: inTurn((inputs) => allow(on(inputs), textInput(inputs, 'user'), textInput(inputs, 'hash'))),
      remove: inTurn((inputs) => remove(on(inputs), textInput(inputs, 'user'))),
      async addresses(inputs) {
        const { addresses, isUnderWay } = await addressesOn(inputs).list()
        return { addresses: addresses.slice(0, MAX_NAMED), count: addresses.length, unused: isUnderWay }
      },
      address_status: async (inputs) =>
        formatAddress(await addressesOn(inputs).list(), textInput(inputs, 'address')),
      allow_address: inTurn((inputs) => changeAddress(addressesOn(inputs), inputs, 'allow')),
      remove_address: inTurn((inputs) => changeAddress(addressesOn(inputs), inputs, 'remove')),
    }),
  }
}

async function allow(site: AccessSite, user: string, hash: string): Promise<Record<string, Data>> {
  const before = await site.status(user)
  if (before.hash === hash && before.usable) return { ...formatStatus(before), changed: false }
  await site.allow(user, hash)
  const after = await site.status(user)
  const data = { ...formatStatus(after), changed: true }
  if (after.hash !== hash || !after.usable)
    throw new ActionFailed(`The file does not have the line of ${user} afterwards`, data)
  return data
}

async function remove(site: AccessSite, user: string): Promise<Record<string, Data>> {
  const before = await site.status(user)
  if (before.lines === 0) return { ...formatStatus(before), changed: false }
  await site.remove(user)
  const after = await site.status(user)
  const data = { ...formatStatus(after), changed: true }
  if (after.lines > 0) throw new ActionFailed(`The file still has a line of ${user} afterwards`, data)
  return data
}

async function changeAddress(
  addresses: SiteAddresses,
  inputs: Readonly<Record<string, Data>>,
  work: 'allow' | 'remove',
): Promise<Record<string, Data>> {
  const address = textInput(inputs, 'address')
  const before = await addresses.list()
  await addresses[work](address)
  const after = await addresses.list()
  const data = formatAddress(after, address)
  const changed = before.isUnderWay || before.addresses.join() !== after.addresses.join()
  if (data['unused'] === true || data['allowed'] !== (work === 'allow'))
    throw new ActionFailed(`The file does not say so of ${address} afterwards`, { ...data, changed })
  return { ...data, changed }
}

function formatAddress(
  { addresses: listed, isUnderWay }: AddressList,
  address: string,
): Record<string, Data> & { allowed: boolean } {
  const by = listed.filter((each) => isWithin(address, each))
  const parts = listed.filter((each) => isWithin(each, address) && !by.includes(each))
  return {
    allowed: by.length > 0,
    by: by.slice(0, MAX_SIMILAR),
    parts: parts.slice(0, MAX_SIMILAR),
    unused: isUnderWay,
  }
}

function formatStatus({ lines, usable, kind, hash, similar }: UserStatus): Record<string, Data> {
  return {
    lines,
    usable,
    kind: kind ?? null,
    digest: hash === undefined ? null : digestOf(hash),
    similar: similar.slice(0, MAX_SIMILAR),
  }
}
