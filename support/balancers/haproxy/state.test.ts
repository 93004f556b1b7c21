import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../../system/errors'
import { redactorOfOthers } from '../../system/redaction'
import { piecesOf } from '../../testing/pieces'
import { readBackend } from './state'

const HEADER =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change'
const servers = (...lines: string[]) => `1\n${HEADER}\n${lines.map((line) => `${line}\n`).join('')}`
const server = (name: string, admin = 0) => `3 www 1 ${name} 127.0.0.1 2 ${admin} 1 1 5`
const STAT = '# pxname,svname,scur,stot,status,weight,check_status,last_chk,hrsp_5xx,econ,eresp,mode,'
const stat = (...lines: string[]) => `${STAT}\n${lines.map((line) => `${line}\n`).join('')}`
const row = (name: string, status = 'UP', more: { scur?: string; weight?: string; check?: string } = {}) =>
  `www,${name},${more.scur ?? '0'},7,${status},${more.weight ?? '1'},L7OK,${more.check ?? ''},0,0,0,http,`
const BACKEND = 'www,BACKEND,0,120,UP,2,,,3,1,2,http,'

const read = (state: string, statistics: string) => readBackend('www', state, statistics)
const only = (admin: number, line: string) =>
  read(servers(server('web1', admin)), stat(line, BACKEND)).servers.get('web1')
const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'balancer-failed') return error.message
    throw error
  }
  throw new Error('it was expected to be refused')
}

describe('the state of a HAProxy backend', () => {
  const states: [string, number, string, string, boolean][] = [
    ['UP', 0, 'UP', 'ready', true],
    ['UP 1/2', 0, 'UP 1/2', 'ready', true],
    ['no check', 0, 'no check', 'ready', true],
    ['DOWN', 0, 'DOWN', 'ready', false],
    ['DOWN 1/2', 0, 'DOWN 1/2', 'ready', false],
    ['NOLB', 0, 'NOLB', 'ready', false],
    ['MAINT', 1, 'MAINT', 'maint', false],
    ['MAINT (via be/x)', 2, 'MAINT (via be/x)', 'maint', false],
    ['MAINT (resolution)', 0x20, 'MAINT (resolution)', 'maint', false],
    ['DRAIN', 8, 'DRAIN', 'drain', false],
    ['DRAIN 1/2', 16, 'DRAIN 1/2', 'drain', false],
    ['a server that is configured as disabled', 5, 'MAINT', 'maint', false],
    ['a server that is configured as disabled, and was made ready', 4, 'UP', 'ready', true],
    ['a server that is configured as disabled, and drains', 12, 'DRAIN', 'drain', false],
    ['a server whose name was changed', 0x40, 'UP', 'ready', true],
    ['a server that was made ready between the two lists', 1, 'UP', 'ready', true],
    ['a word of a later version', 0, 'SOMETHING', 'ready', false],
  ]
  for (const [name, bits, status, admin, inService] of states) {
    it(`knows ${name}`, () => {
      expect(only(bits, row('web1', status))).to.include({ status, admin, inService })
    })
  }

  it('does not take a server without weight for one that serves', () => {
    expect(only(0, row('web1', 'UP', { weight: '0' }))?.inService).to.equal(false)
  })

  it('goes by the names of columns, not by their places', () => {
    const other = '# pxname,svname,new,weight,status,scur,stot,hrsp_5xx,mode,check_status,last_chk,'
    const text = `${other}\nwww,web1,x,1,UP,4,9,0,http,,,\nwww,BACKEND,x,1,UP,4,9,2,http,,,\n`
    const { servers: all, requests, failed } = read(servers(server('web1')), text)
    expect(all.get('web1')).to.include({ sessions: 4, inService: true })
    expect({ requests, failed }).to.deep.equal({ requests: 9, failed: 2 })
  })

  it('reads quotes and commas in what a check says', () => {
    expect(only(0, row('web1', 'DOWN', { check: '"refused, ""twice"""' }))?.lastCheck).to.equal(
      'L7OK refused, "twice"',
    )
  })

  it('leaves out other backends, frontends and the totals', () => {
    const { servers: all } = read(
      servers(server('web1')),
      stat('f,FRONTEND,0,7,OPEN,,,,0,0,0,http,', row('web1'), 'other,web1,5,7,DOWN,1,,,0,0,0,http,', BACKEND),
    )
    expect([...all.keys()]).to.deep.equal(['web1'])
    expect(all.get('web1')?.status).to.equal('UP')
  })

  it('counts what failed by what is spoken', () => {
    expect(read(servers(server('web1')), stat(row('web1'), BACKEND))).to.include({ requests: 120, failed: 3 })
    const tcp = stat(row('web1'), BACKEND.replace('http', 'tcp'))
    expect(read(servers(server('web1')), tcp)).to.include({ requests: 120, failed: 3 })
  })

  const refused: [string, string, string, RegExp][] = [
    ['a list without servers', servers(), stat(BACKEND), /its backend www has no servers/],
    ['no such backend', "Can't find backend.\n", stat(BACKEND), /it has no backend www/],
    [
      'another version',
      servers(server('web1')).replace('1', '2'),
      stat(row('web1'), BACKEND),
      /version 1 of that list/,
    ],
    ['a header alone', servers(server('web1')), stat(), /does not have the server web1/],
    ['no totals', servers(server('web1')), stat(row('web1')), /no line for the backend www/],
    [
      'a server that is in one list only',
      servers(server('web1'), server('web2')),
      stat(row('web1'), BACKEND),
      /server web2/,
    ],
    [
      'a server that is in the other list only',
      servers(server('web1')),
      stat(row('web1'), row('web2'), BACKEND),
      /server web2/,
    ],
    ['a server twice', servers(server('web1'), server('web1')), stat(row('web1'), BACKEND), /web1 twice/],
    [
      'a status that is missing',
      servers(server('web1')),
      stat(row('web1', ''), BACKEND),
      /does not say the status of web1/,
    ],
    [
      'sessions that are missing',
      servers(server('web1')),
      stat(row('web1', 'UP', { scur: '' }), BACKEND),
      /does not say the scur of web1/,
    ],
    [
      'sessions that are no number',
      servers(server('web1')),
      stat(row('web1', 'UP', { scur: '-1' }), BACKEND),
      /"-1" for the scur of web1/,
    ],
    [
      'a line cut short',
      servers(server('web1')),
      stat('www,web1,0,7,UP', BACKEND),
      /5 fields, where 13 were expected/,
    ],
    ['a list cut short', servers('3 www 1 web1 127.0.0.1 2'), stat(row('web1'), BACKEND), /cannot be read/],
    ['nothing', '', '', /version 1 of that list was expected/],
  ]
  for (const [name, state, statistics, expected] of refused) {
    it(`refuses ${name}`, () => expect(refusal(() => read(state, statistics))).to.match(expected))
  }

  it('is refused or read, and never anything else, for any text', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom(
            '1\n',
            HEADER,
            '\n',
            server('web1'),
            STAT,
            row('web1'),
            BACKEND,
            ',',
            '"',
            'www',
            ' ',
          ),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, texts, (state, statistics) => {
        try {
          read(state, statistics)
        } catch (error) {
          expect(error).to.be.instanceOf(LockstepError)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('is shown without a secret, wherever HAProxy or a sentence cuts it', () => {
    const secret = 'correct-horse-battery-staple'
    const redact = redactorOfOthers([secret])
    for (let before = 0; before <= 60; before += 1) {
      const said = `${'.'.repeat(before)}${secret}`
      const lists = [
        readBackend(
          'www',
          servers(server('web1')),
          stat(row('web1', said, { check: said.slice(0, 50) }), BACKEND),
          redact,
        ),
        refusal(() => readBackend('www', said, stat(BACKEND), redact)),
        refusal(() => readBackend('www', servers(server('web1')), said, redact)),
        refusal(() =>
          readBackend('www', servers(server('web1')), stat(row('web1', 'UP', { scur: said })), redact),
        ),
      ]
      for (const seen of lists)
        expect(
          piecesOf(secret, typeof seen === 'string' ? redact(seen) : JSON.stringify([...seen.servers])),
        ).to.deep.equal([])
    }
  })

  it('of 20,000 servers is read', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `web${index}`)
    const all = read(
      servers(...names.map((name) => server(name))),
      stat(...names.map((name) => row(name)), BACKEND),
    )
    expect(all.servers.size).to.equal(20_000)
  })
})
