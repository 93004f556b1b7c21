import { expect } from 'chai'
import { failure } from '../../testing/failure'
import type { Statements } from '../../postgresql/connection'
import { PostgresqlLog } from './postgresql_log'
import { ABOUT, IS_MADE, SCHEMA_VERSION } from './schema'

const settings = {
  host: 'db.example.net',
  port: 5432,
  database: 'lockstep',
  user: 'lockstep',
  password: undefined,
  tls: undefined,
}
const NOW = Date.parse('2026-11-21T08:00:00.000Z')

describe('A database for a shared history', () => {
  const open = (state: object) => {
    const statements = {
      query: async (text: string) => {
        const [row] =
          text === IS_MADE
            ? [{ made: true, encoding: 'UTF8', copy: false, now: NOW, ...state }]
            : text === ABOUT
              ? [{ version: SCHEMA_VERSION, id: 'id' }]
              : []
        return { rows: row === undefined ? [] : [row], count: 1 }
      },
    } as unknown as Statements
    let time = NOW - 1_000
    // Two seconds go by until the server has answered.
    return PostgresqlLog.open(statements, settings, { now: () => (time += 1_000) })
  }

  it('is refused as a replica, which may be behind', async () => {
    expect((await failure(open({ copy: true }))).message).to.equal(
      'the database lockstep on db.example.net:5432 is a copy that follows another database, and may be behind it; name the one that is written',
    )
  })

  it('is refused where its clock is not that of the control host', async () => {
    const day = 86_400_000
    expect((await failure(open({ now: NOW + day }))).message).to.match(
      /has a clock that is 86399 s ahead of that of this control host: runs would have no order/,
    )
    expect((await failure(open({ now: NOW - day }))).message).to.match(/has a clock that is 86400 s behind/)
    for (const near of [-60_000, 0, 500, 61_000])
      expect(await (await open({ now: NOW + near })).identity()).to.equal('id')
  })
})
