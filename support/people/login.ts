import { createHash } from 'node:crypto'
import { compareWithNone, COST, isPasswordOf, MAX_PASSWORD_BYTES, parseHash } from './password'
import type { KnownPerson, People } from './people_file'

/** The most comparisons at a time; each takes tens of megabytes, and a core. */
const MAX_AT_A_TIME = 2
/** The most that wait for their turn; others are told to come again. */
const MAX_WAITING = 16

/** Compares passwords, a bounded number at a time. A name that no one has costs the same as one that somebody has. */
export class Logins {
  private running = 0
  private readonly waiting: (() => void)[] = []

  /** Resolves with the person; undefined where name or password is wrong; `busy` where too many wait already. */
  async judge(people: People, name: string, password: string): Promise<KnownPerson | 'busy' | undefined> {
    if (this.running >= MAX_AT_A_TIME && this.waiting.length >= MAX_WAITING) return 'busy'
    if (this.running >= MAX_AT_A_TIME) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.running += 1
    try {
      return await compare(people, name, password)
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.running -= 1
      else next()
    }
  }
}

async function compare(people: People, name: string, password: string): Promise<KnownPerson | undefined> {
  const person = people.get(name)
  // No password is so long; its work would grow with it.
  const typed = Buffer.byteLength(password) > MAX_PASSWORD_BYTES ? '' : password
  if (person === undefined) {
    await compareWithNone(typed, costFor(people, name))
    return undefined
  }
  return (await isPasswordOf(person.password, typed)) && typed !== '' ? person : undefined
}

/** Returns a cost that somebody's hash has, and always the same for a name: older hashes may cost less than new ones. */
function costFor(people: People, name: string): typeof COST {
  const all = [...people.values()]
  const chosen = createHash('sha256').update(name).digest().readUInt32BE(0) % Math.max(1, all.length)
  return parseHash(all[chosen]?.password ?? '')?.cost ?? COST
}
