import { readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { auditFolderIn, AuditTrail, readAudit, type AuditEvent } from './audit'

const DAY_MS = 24 * 3_600_000
const AT = Date.parse('2026-01-10T00:00:00.000Z')
const event = (person: string): AuditEvent => ({ type: 'logged out', person, address: null })

describe('the audit trail, as months go by', () => {
  let scratch: Scratch
  let now: number
  let trails: AuditTrail[]
  beforeEach(() => {
    scratch = new Scratch()
    now = AT
    trails = []
  })
  afterEach(async () => {
    for (const trail of trails) await trail.close()
    scratch.remove()
  })

  const open = () => {
    const trail = new AuditTrail(scratch.path, { now: () => now })
    trails.push(trail)
    return trail
  }
  const journals = () => readdirSync(auditFolderIn(scratch.path)).sort()
  const people = () =>
    readAudit(scratch.path).events.flatMap((each) => ('person' in each ? [each.person] : []))
  /** Appends an entry, and gives its journal the time that a clock of the system would have given it. */
  const say = async (trail: AuditTrail, person: string) => {
    const before = new Set(journals0())
    await trail.append(event(person))
    for (const name of journals())
      if (
        !before.has(name) ||
        name.startsWith(`audit-${new Date(now).toISOString().slice(0, 7).replace('-', '')}`)
      )
        utimesSync(join(auditFolderIn(scratch.path), name), now / 1000, now / 1000)
  }
  const journals0 = () => {
    try {
      return journals()
    } catch {
      return []
    }
  }

  it('has a journal for each month of a process, and each is whole', async () => {
    const trail = open()
    await Promise.all([trail.append(event('a')), trail.append(event('b'))])
    now += 31 * DAY_MS
    await Promise.all([trail.append(event('c')), trail.append(event('d'))])
    expect(journals().map((name) => name.slice(0, 12))).to.deep.equal(['audit-202601', 'audit-202602'])
    expect(people()).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(readAudit(scratch.path).faults).to.deep.equal([])
  })

  it('keeps 400 days, of each process, and goes by whole months', async () => {
    const [one, other] = [open(), open()]
    await say(one, 'a')
    await say(other, 'b')
    now = AT + 100 * DAY_MS
    await say(one, 'c')
    now = AT + 420 * DAY_MS
    await say(one, 'd')
    expect(people(), 'January was over less than 400 days before the last entry').to.include.members([
      'a',
      'b',
      'c',
    ])
    now = AT + 460 * DAY_MS
    await say(one, 'e')
    now = AT + 490 * DAY_MS
    await say(one, 'f')
    expect(people()).to.deep.equal(['c', 'd', 'e', 'f'])
    // The other process has had its journal open all the time.
    await say(other, 'g')
    expect(people()).to.include('g').and.not.to.include('b')
    expect(readAudit(scratch.path).faults).to.deep.equal([])
  })

  it('loses nothing to a clock that has run ahead', async () => {
    await say(open(), 'a')
    now = AT + 3_000 * DAY_MS
    await open().append(event('b'))
    expect(people()).to.deep.equal(['a', 'b'])
  })

  it('keeps a journal that was written to since, and files that are none of its own', async () => {
    await say(open(), 'a')
    const [name = ''] = journals()
    scratch.write('console/audit/notes.txt', 'x')
    now = AT + 500 * DAY_MS
    await say(open(), 'b')
    utimesSync(join(auditFolderIn(scratch.path), name), now / 1000, now / 1000)
    now = AT + 560 * DAY_MS
    await say(open(), 'c')
    expect(people()).to.deep.equal(['a', 'b', 'c'])
    expect(journals()).to.include('notes.txt')
  })
})
