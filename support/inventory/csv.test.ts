import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { DELIMITERS, type Delimiter } from '../config/inventory_sources'
import { LockstepError } from '../system/errors'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import type { Host } from './host'
import { readInventory } from './inventory'

const ROWS = 200_000

describe('an inventory of comma-separated values', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  async function read(text: string | Buffer, delimiter: Delimiter = 'comma'): Promise<readonly Host[]> {
    const path = scratch.write('hosts.csv', text)
    const { hosts } = await readInventory([{ kind: 'csv', path, delimiter }], {
      environment: undefined,
      environments: ['test', 'production'],
      signal: new AbortController().signal,
    })
    return hosts.map((host) => ({ ...host, from: host.from.replace(path, 'hosts.csv') }))
  }

  it('says environment, classes and facts of each host, and on which line', async () => {
    const hosts = await read(
      'host,environment,role,classes,country,rack\nweb1,test,roles::web,nginx base::linux,de,7\n\ndb1,production,,,,"-1"\n',
    )
    expect(hosts).to.deep.equal([
      {
        name: 'web1',
        environment: 'test',
        classes: ['roles::web', 'nginx', 'base::linux'],
        facts: { role: 'roles::web', country: 'de', rack: '7' },
        from: 'hosts.csv:2',
      },
      { name: 'db1', environment: 'production', classes: [], facts: { rack: '-1' }, from: 'hosts.csv:4' },
    ])
  })

  for (const [what, text] of Object.entries({
    'a byte order mark': '\uFEFFhost,country\nweb1,de\nweb2,fr\n',
    'Windows line ends': 'host,country\r\nweb1,de\r\nweb2,fr\r\n',
    'old Macintosh line ends': 'host,country\rweb1,de\rweb2,fr',
    'spaces around cells': ' host , country \n web1 , de \n web2 , fr \n',
    quotes: '"host","country"\n"web1","de"\n"web2","fr"\n',
  })) {
    it(`is read with ${what}`, async () => {
      const hosts = await read(text)
      expect(hosts.map(({ name, facts, from }) => [name, facts['country'], from])).to.deep.equal([
        ['web1', 'de', 'hosts.csv:2'],
        ['web2', 'fr', 'hosts.csv:3'],
      ])
    })
  }

  it('may be saved as UTF-16 by a spreadsheet', async () => {
    const hosts = await read(Buffer.from('\uFEFFhost\tcity\nweb1\tKöln\n', 'utf16le'), 'tab')
    expect(hosts[0]?.facts).to.deep.equal({ city: 'Köln' })
  })

  const wrong: [string, string, Delimiter, string][] = [
    ['an empty file', '', 'comma', ' is empty; expected a header with the column host'],
    ['a header alone', 'host,country\n', 'comma', ' lists no host'],
    [
      'another delimiter',
      'host;country\nweb1;de\n',
      'comma',
      ':1: the header, separated by commas, has no column host, and would have one separated by semicolons; say { csv: …, delimiter: semicolon }',
    ],
    [
      'tabs',
      'country\thost\nde\tweb1\n',
      'semicolon',
      ':1: the header, separated by semicolons, has no column host, and would have one separated by tabs; say { csv: …, delimiter: tab }',
    ],
    [
      'another delimiter, in quotes',
      '"host";"country"\n"web1";"de"\n',
      'comma',
      ':1: the quotes of the row that begins here do not pair; a cell is in quotes from its first character to its last, and a quote in it is written twice (cells are separated by commas; otherwise say { csv: …, delimiter: … })',
    ],
    [
      'no column host',
      'Host,country\nweb1,de\n',
      'comma',
      ':1: the header has no column host; it has "Host", "country"',
    ],
    ['a column that is there twice', 'host,a,a\nweb1,1,2\n', 'comma', ':1: the column "a" is there twice'],
    ['a column without a name', 'host,,a\nweb1,1,2\n', 'comma', ':1: column 2 has no name'],
    [
      'a fact that no feature could name',
      'host,my fact\nweb1,1\n',
      'comma',
      ':1: "my fact" is no name for a fact; expected letters, digits, _ . : -',
    ],
    [
      'a quote that is not closed',
      'host,a\nweb1,1\n\nweb2,"2\nweb3,3\n',
      'comma',
      ':4: the quotes of the row that begins here do not pair; a cell is in quotes from its first character to its last, and a quote in it is written twice',
    ],
    ['too few cells', 'host,a,b\nweb1,1\n', 'comma', ':2: 2 cells, where the header has 3'],
    ['too many cells', 'host\nweb1,1\n', 'comma', ':2: 2 cells, where the header has 1'],
    [
      'a host that is there twice',
      'host,a\nweb1,1\nweb2,1\nWEB1,2\n',
      'comma',
      ':4: the host WEB1 is listed already, at hosts.csv:2; list it once',
    ],
    ['an empty host', 'host,a\n,1\n', 'comma', ':2: host is empty; expected the name of a host'],
    [
      'an empty environment',
      'host,environment\nweb1,test\nweb2,\n',
      'comma',
      ':3: environment of web2 is empty; expected one, or no such column if the hosts belong to all',
    ],
    [
      'an unknown environment',
      'host,environment\nweb1,prod\n',
      'comma',
      ':2: web1 has the environment "prod", which is not known; there are: test, production',
    ],
    ['no host name', 'host\nweb 1\n', 'comma', ':2: "web 1" is no host name'],
    [
      'no class',
      'host,classes\nweb1,nginx roles/web\n',
      'comma',
      ':2: "roles/web" is no class; expected one such as roles::web, several with spaces in between',
    ],
    [
      'a formula',
      'host,a,b\nweb1,-1,"=HYPERLINK(""http://x"")"\n',
      'comma',
      ':2: the cell "=HYPERLINK(\\"http://x\\")" of column b begins with =, which spreadsheets execute; expected plain text or a number',
    ],
    [
      'a formula after a space',
      'host,a\nweb1, @SUM(1)\n',
      'comma',
      ':2: the cell "@SUM(1)" of column a begins with @, which spreadsheets execute; expected plain text or a number',
    ],
    [
      'a line break in a cell',
      'host,a\nweb1,"x\ny"\n',
      'comma',
      ':3: the cell "x\\ny" of column a holds a line break or a control character; expected one line of text',
    ],
    [
      'bytes that are no UTF-8',
      'host,city\nweb1,K\xf6ln\n',
      'comma',
      ':2: the cell "K\uFFFDln" of column city is not UTF-8; save the file as UTF-8',
    ],
    [
      'a row without end',
      `host,a\nweb1,${'x'.repeat(70_000)}\n`,
      'comma',
      ':2: the row has more than 65536 bytes',
    ],
  ]
  for (const [what, text, delimiter, expected] of wrong) {
    it(`says what is wrong with ${what}`, async () => {
      const said = await reasonOf(
        read(Buffer.from(text, what.includes('UTF-8') ? 'latin1' : 'utf8'), delimiter),
      )
      expect(said.replaceAll(join(scratch.path, 'hosts.csv'), 'hosts.csv')).to.equal(`hosts.csv${expected}`)
    })
  }

  it('says that there is no such file', async () => {
    const path = join(scratch.path, 'none.csv')
    const options = { environment: undefined, environments: undefined, signal: new AbortController().signal }
    const said = await reasonOf(readInventory([{ kind: 'csv', path, delimiter: 'comma' }], options))
    expect(said).to.equal(`the inventory ${path} cannot be read: there is no such file`)
  })

  it('is not read on when the operator asks to stop', async () => {
    const stop = new AbortController()
    const path = scratch.write(
      'hosts.csv',
      `host\n${Array.from({ length: 50_000 }, (_, n) => `web${n}\n`).join('')}`,
    )
    const reading = readInventory([{ kind: 'csv', path, delimiter: 'comma' }], {
      environment: undefined,
      environments: undefined,
      signal: stop.signal,
    })
    stop.abort()
    expect(await reasonOf(reading)).to.match(/the operator asked to stop while the inventory was read/)
  })

  const word = fc.stringMatching(/^[a-z][a-z0-9 ",;\t]{0,10}[a-z]$/)
  const hostName = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/)

  it('reads back any text that was written in quotes, with any delimiter', async () => {
    const rows = fc.uniqueArray(fc.tuple(hostName, word, fc.option(word)), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 20,
    })
    const delimiters = fc.constantFrom(...(Object.keys(DELIMITERS) as Delimiter[]))
    await fc.assert(
      fc.asyncProperty(rows, delimiters, async (written, delimiter) => {
        const safe = written.map(([name, ...cells]) => [
          name,
          ...cells.map((cell) => cell?.replaceAll('\t', ' ')),
        ])
        const line = (cells: readonly (string | undefined)[]) =>
          cells.map((cell = '') => `"${cell.replaceAll('"', '""')}"`).join(DELIMITERS[delimiter])
        const hosts = await read([['host', 'one', 'two'], ...safe].map(line).join('\n'), delimiter)
        expect(hosts.map(({ name, facts }) => [name, facts['one'], facts['two']])).to.deep.equal(safe)
      }),
      { numRuns: 60 },
    )
  })

  it('ends with a sentence that names the file, for any content', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(fc.constantFrom('host', ',', ';', '"', '\n', '\r', '\t', '=', 'web1', '\0', '\uFEFF', ' '), {
          maxLength: 40,
        })
        .map((parts) => parts.join('')),
      fc
        .array(fc.constantFrom(',', '"', '\n', 'web1', 'web2', '__proto__'), { maxLength: 20 })
        .map((parts) => `host,a\n${parts.join('')}`),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        try {
          expect((await read(text)).length).to.be.above(0)
        } catch (error) {
          expect(error).to.be.instanceOf(LockstepError)
          expect((error as Error).message).to.contain('hosts.csv')
        }
      }),
      { numRuns: 300 },
    )
  })

  it(`has room for ${ROWS} hosts @long`, async () => {
    const path = join(scratch.path, 'many.csv')
    await pipeline(Readable.from(rows()), createWriteStream(path))
    const inventory = await readInventory([{ kind: 'csv', path, delimiter: 'comma' }], {
      environment: 'test',
      environments: ['test', 'production'],
      signal: new AbortController().signal,
    })
    expect(inventory.hosts).to.have.length(ROWS / 2)
    expect(inventory.hosts.at(-1)).to.deep.include({
      name: `web${ROWS - 2}.example.net`,
      from: `${path}:${ROWS}`,
    })
  })

  function* rows(): Generator<string> {
    yield 'host,environment,role,country,address\n'
    for (let from = 0; from < ROWS; from += 10_000)
      yield Array.from({ length: 10_000 }, (_, at) => {
        const n = from + at
        const environment = n % 2 === 0 ? 'test' : 'production'
        return `web${n}.example.net,${environment},roles::web,de,10.${n >> 16}.${(n >> 8) & 255}.${n & 255}\n`
      }).join('')
  }
})
