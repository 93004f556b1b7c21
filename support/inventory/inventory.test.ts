import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { InventorySource } from '../config/inventory_sources'
import { LockstepError } from '../system/errors'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { readInventory } from './inventory'
import { readExpectedHosts } from './expected_hosts'

describe('a source that is no file', () => {
  for (const [kind, name] of [
    ['csv', 'hosts.csv'],
    ['yaml', 'hosts.yaml'],
  ] as const)
    for (const [what, make] of [
      ['pipe', (path: string) => void execFileSync('mkfifo', [path])],
      ['folder', (path: string) => mkdirSync(path)],
      ['device', (path: string) => symlinkSync('/dev/zero', path)],
    ] as const)
      it(`is refused at once: ${name}, a ${what}`, async () => {
        const scratch = new Scratch()
        const path = join(scratch.path, name)
        make(path)
        const source =
          kind === 'csv' ? ({ kind, path, delimiter: 'comma' } as const) : ({ kind, path } as const)
        const said = await reasonOf(
          readInventory([source], {
            environment: undefined,
            environments: undefined,
            signal: new AbortController().signal,
          }),
        )
        expect(said).to.contain(`${path} cannot be read: it is a ${what}; expected a file`)
        scratch.remove()
      })
})

describe('an inventory', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const csv = (name: string, text: string): InventorySource => ({
    kind: 'csv',
    path: scratch.write(name, text),
    delimiter: 'comma',
  })
  const yaml = (text: string, name = 'hosts.yaml'): InventorySource => ({
    kind: 'yaml',
    path: scratch.write(name, text),
  })
  const options = (environment?: string) => ({
    environment,
    environments: ['test', 'production'],
    signal: new AbortController().signal,
  })
  const read = (...sources: InventorySource[]) => readInventory(sources, options())
  const sentence = async (work: Promise<unknown>) => (await reasonOf(work)).replaceAll(`${scratch.path}/`, '')

  describe('of several sources', () => {
    it('has what all of them say of a host', async () => {
      const { hosts } = await read(
        csv('a.csv', 'host,country,role\nweb1,de,roles::web\nweb2,fr,roles::web\n'),
        yaml(
          'hosts:\n  web1: { environment: test, classes: [nginx, roles::web], facts: { country: de, rack: 7 } }\n  db1:\n',
        ),
        { kind: 'discovery' },
      )
      const path = (name: string) => `${scratch.path}/${name}`
      expect(hosts).to.deep.equal([
        {
          name: 'web1',
          environment: 'test',
          classes: ['roles::web', 'nginx'],
          facts: { country: 'de', role: 'roles::web', rack: '7' },
          from: `${path('a.csv:2')} and ${path('hosts.yaml:2')}`,
        },
        {
          name: 'web2',
          environment: undefined,
          classes: ['roles::web'],
          facts: { country: 'fr', role: 'roles::web' },
          from: path('a.csv:3'),
        },
        { name: 'db1', environment: undefined, classes: [], facts: {}, from: path('hosts.yaml:3') },
      ])
    })

    const contradictions: [string, string, string, string][] = [
      ['a fact', 'host,country\nweb1,de\n', 'facts: { country: fr }', 'the fact country of web1 is "de"'],
      ['a role', 'host,role\nweb1,a\n', 'role: b', 'the fact role of web1 is "a"'],
      [
        'an environment',
        'host,environment\nweb1,test\n',
        'environment: production',
        'the environment of web1 is "test"',
      ],
    ]
    for (const [what, table, mapping, expected] of contradictions) {
      it(`names both places where ${what} differs`, async () => {
        const said = await sentence(read(csv('a.csv', table), yaml(`hosts:\n  web1:\n    ${mapping}\n`)))
        expect(said).to.contain(`${expected} at a.csv:2, and `)
        expect(said).to.contain(' at hosts.yaml:2; let them say the same, or one of them nothing')
      })
    }

    it('names both places where the name itself differs', async () => {
      const said = await sentence(read(csv('a.csv', 'host\nweb1\n'), yaml('hosts: { WEB1: }\n')))
      expect(said).to.match(/^the name of web1 is "web1" at a\.csv:2, and "WEB1" at hosts\.yaml:1;/)
    })
  })

  it('of an environment has the hosts of it, and those that belong to every one', async () => {
    const table = csv('a.csv', 'host,environment\nweb1,test\nweb2,production\n')
    const { hosts } = await readInventory([table, yaml('hosts: { web3: }\n')], options('production'))
    expect(hosts.map(({ name }) => name)).to.deep.equal(['web2', 'web3'])
  })

  describe('in YAML', () => {
    it('has facts as text: single values as they are, all others as JSON', async () => {
      const facts = '{ a: 1, b: true, c: x, d: [1, 2], e: { f: g }, h: null }'
      const { hosts } = await read(yaml(`hosts:\n  web1:\n    facts: ${facts}\n`))
      expect(hosts[0]?.facts).to.deep.equal({ a: '1', b: 'true', c: 'x', d: '[1,2]', e: '{"f":"g"}' })
    })

    const wrong: [string, string, string][] = [
      [
        'an unknown setting',
        'hosts:\n  web1:\n    clases: [a]\n',
        ':3: there is no setting hosts.web1.clases; the closest known one is classes',
      ],
      [
        'a class that is none',
        'hosts:\n  web1:\n    classes: [a, b c]\n',
        ':3: hosts.web1.classes.1 is "b c"; expected a class such as roles::web',
      ],
      [
        'classes that are no list',
        'hosts:\n  web1:\n    classes: a\n',
        ':3: hosts.web1.classes is "a"; expected a list of classes',
      ],
      ['a name that is none', 'hosts:\n  web1:\n  web 2:\n', ':3: "web 2" is no host name'],
      [
        'a name that no object has',
        'hosts:\n  web1:\n  constructor:\n',
        ':3: a host cannot have the name constructor',
      ],
      [
        'a host that is there twice',
        'hosts:\n  web1:\n  web2:\n  web1:\n',
        ':4: web1 is there already, on line 2',
      ],
      [
        'a host that is there twice, in other letters',
        'hosts:\n  web1:\n  WEB1:\n',
        ':3: the host WEB1 is listed already, at hosts.yaml:2; list it once',
      ],
      [
        'an unknown environment',
        'hosts:\n  web1: { environment: prod }\n',
        ':2: web1 has the environment "prod", which is not known; there are: test, production',
      ],
      [
        'an environment that is empty',
        'hosts:\n  web1: { environment: "" }\n',
        ':2: hosts.web1.environment is ""; expected an environment',
      ],
      [
        'a role that is there twice',
        'hosts:\n  web1: { role: a, facts: { role: a } }\n',
        ':2: the role of web1 is there twice, once as a fact',
      ],
      ['nobody', 'hosts: {}\n', ' lists no host'],
      ['something else', '- web1\n', ':1: hosts is missing; expected hosts by name'],
      ['an empty file', '', ':1: the file is null; expected hosts by name'],
    ]
    for (const [what, text, expected] of wrong)
      it(`says what is wrong with ${what}`, async () => {
        expect(await sentence(read(yaml(text)))).to.equal(`hosts.yaml${expected}`)
      })

    it('ends with a sentence that names the file, for any content', async () => {
      const part = fc.constantFrom(
        'hosts:',
        'web1:',
        ' ',
        '\n',
        '  ',
        '{',
        '}',
        '[',
        ']',
        'facts:',
        '&a',
        '*a',
        '"',
        '__proto__:',
        '!!x',
        'x',
      )
      const hostile = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 100 }),
        fc.array(part, { maxLength: 30 }).map((parts) => parts.join('')),
        fc.json().map((json) => `{ hosts: { web1: { facts: ${json} } } }`),
      )
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          try {
            expect((await read(yaml(text))).hosts.length).to.be.above(0)
          } catch (error) {
            expect(error).to.be.instanceOf(LockstepError)
            expect((error as Error).message).to.contain('hosts.yaml')
          }
        }),
        { numRuns: 300 },
      )
    })
  })

  describe('as a rollout asks it', () => {
    const selected = { classes: [], facts: [], identities: [], listed: undefined }

    it('is there only where something but discovery is named', () => {
      expect(readExpectedHosts([{ kind: 'discovery' }], options())).to.equal(undefined)
      expect(readExpectedHosts([], options())).to.equal(undefined)
    })

    it('is read once, and is the same from then on', async () => {
      const expected = readExpectedHosts([csv('a.csv', 'host\nweb1\n')], options())
      expect(await expected?.matching(selected)).to.deep.equal(['web1'])
      csv('a.csv', 'host\nweb2\n')
      expect(await expected?.matching(selected)).to.deep.equal(['web1'])
    })

    describe('for the hosts of an environment', () => {
      const rows =
        'host,environment,role\nweb1,test,roles::web\ndb1,test,roles::db\nweb9,production,roles::web\n'
      const more = 'hosts:\n  shared1: { role: "roles::web" }\n'
      const expected = (own?: string) => readExpectedHosts([csv('a.csv', rows), yaml(more)], options(own))
      const inTest = { ...selected, environment: 'test' }

      it('has those of its rows alone, and none that belongs to every environment', async () => {
        for (const own of ['test', undefined]) {
          expect(await expected(own)?.matching(inTest)).to.deep.equal(['web1', 'db1'])
          const web = { ...inTest, classes: ['roles::web'] }
          expect(await expected(own)?.matching(web)).to.deep.equal(['web1'])
          expect([...((await expected(own)?.outsideOf('test')) ?? [])]).to.deep.equal(
            own === undefined
              ? [
                  ['web9', 'production'],
                  ['shared1', ''],
                ]
              : [
                  ['shared1', ''],
                  ['web9', 'production'],
                ],
          )
        }
      })

      it('refuses another environment than that of the run, and one that no row has', async () => {
        expect(await reasonOf(expected('production')?.matching(inTest))).to.match(
          /^the feature is for the hosts of environment test, and this run is in production; run it with/,
        )
        expect(await reasonOf(expected()?.matching({ ...selected, environment: 'tset' }))).to.equal(
          'no host of the inventory has the environment tset; there are: test, production; say it in the column environment, or in the key of a YAML file',
        )
        const bare = readExpectedHosts([csv('b.csv', 'host\nweb1\n')], options('test'))
        expect(await reasonOf(bare?.matching(inTest))).to.match(/no host has an environment there/)
      })
    })

    it('says that it cannot select by a fact that it knows of no host', async () => {
      const expected = readExpectedHosts([csv('a.csv', 'host,rack\nweb1,7\n')], options())
      const facts = [{ fact: 'country', operator: '==', value: 'de' }]
      expect(await reasonOf(expected?.matching({ ...selected, facts }))).to.equal(
        'no host of the inventory has the fact country, by which hosts are selected; add it there, or select by what it has',
      )
    })
  })
})
