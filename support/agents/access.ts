import { contracts } from '../rpc/contracts'
import type { Data } from '../rpc/contracts/contract'
import { aborting, ActionFailed, type Action, type Agent } from '../rpc/server/agent'
import { textInput } from '../rpc/server/inputs'
import { InTurn } from '../system/in_turn'
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
  users(): readonly SiteUser[]
  status(user: string): UserStatus
  /** Gives a user one line with this hash, and no other. */
  allow(user: string, hash: string): void
  /** Takes all lines of a user away. */
  remove(user: string): void
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
  const inTurn =
    (action: Action): Action =>
    (inputs, call) =>
      queue.run(call, () => action(inputs, call))
  return {
    contract: contracts.access,
    actions: aborting({
      users(inputs) {
        const users = on(inputs).users()
        const named = users.slice(0, MAX_NAMED).map(({ name, kind }) => [name, kind] as const)
        return { users: Object.fromEntries(named), count: users.length }
      },
      status: (inputs) => formatStatus(on(inputs).status(textInput(inputs, 'user'))),
      allow: inTurn((inputs) => allow(on(inputs), textInput(inputs, 'user'), textInput(inputs, 'hash'))),
      remove: inTurn((inputs) => remove(on(inputs), textInput(inputs, 'user'))),
    }),
  }
}

function allow(site: AccessSite, user: string, hash: string): Record<string, Data> {
  const before = site.status(user)
  if (before.hash === hash && before.usable) return { ...formatStatus(before), changed: false }
  site.allow(user, hash)
  const after = site.status(user)
  const data = { ...formatStatus(after), changed: true }
  if (after.hash !== hash || !after.usable)
    throw new ActionFailed(`The file does not have the line of ${user} afterwards`, data)
  return data
}

function remove(site: AccessSite, user: string): Record<string, Data> {
  const before = site.status(user)
  if (before.lines === 0) return { ...formatStatus(before), changed: false }
  site.remove(user)
  const after = site.status(user)
  const data = { ...formatStatus(after), changed: true }
  if (after.lines > 0) throw new ActionFailed(`The file still has a line of ${user} afterwards`, data)
  return data
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
