import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { readHistorySetting } from './history_setting'

describe('history in lockstep.yaml', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const read = (text: string, env: Record<string, string> = {}) =>
    readHistorySetting(scratch.write('lockstep.yaml', text), { env })

  it('is none where nothing is shared', () => {
    expect(read('environments: {}\n')).to.equal(undefined)
  })

  it('names a database, whose secrets stand elsewhere', () => {
    const text = 'history: { postgresql: { host: db.example.net, password: { env: SECRET }, tls: {} } }\n'
    expect(read(text, { SECRET: 'secret' })).to.deep.equal({
      host: 'db.example.net',
      port: 5_432,
      database: 'lockstep',
      user: 'lockstep',
      password: 'secret',
      tls: {},
    })
  })

  it('takes the folder of a socket', () => {
    const text = 'history: { postgresql: { host: /var/run/postgresql } }\n'
    expect(read(text)).to.include({ host: '/var/run/postgresql', password: undefined, tls: undefined })
  })

  for (const [text, why] of [
    [
      'history: { postgresql: { host: "postgres://u:p@db/x" } }',
      /lockstep.yaml:1: .*a host name, an address/,
    ],
    ['history: { postgresql: { host: db, password: plain-secret } }', /where the secret is/],
    ['history: { postgresql: { host: db, password: { env: GONE } } }', /GONE, which is not set/],
    ['history: { postgresql: { host: db, tls: { ca: gone.pem } } }', /gone\.pem cannot be read/],
    ['history: { postgres: { host: db } }', /postgresql/],
  ] as const)
    it(`refuses ${text}`, () => {
      expect(() => read(`${text}\n`)).to.throw(why)
      expect(() => read(`${text}\n`)).not.to.throw(/plain-secret/)
    })
})
