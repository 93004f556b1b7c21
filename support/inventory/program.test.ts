import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../system/errors'
import { redactNothing, redactorOfOthers } from '../system/redaction'
import { reasonOf } from '../testing/failure'
import { piecesOf } from '../testing/pieces'
import { Scratch } from '../testing/scratch'
import { ansibleHosts } from './ansible'
import { readInventory } from './inventory'

const FLEET = {
  _meta: { hostvars: { web1: { country: 'de', ansible_password: 's3cret', mounts: ['/', '/srv'] } } },
  all: { children: ['ungrouped', 'site'], vars: { country: 'xx', level: 'all' } },
  site: { children: ['web', 'db'], vars: { level: 'site', rack: 7 } },
  web: { hosts: ['web1', 'web2'], vars: { level: 'web', role: 'roles::web' } },
  db: ['db1'],
  ungrouped: { hosts: ['old1'] },
}

describe('an inventory that a program prints', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  async function run(
    script: string,
    { within = 600_000, mode = 0o700, signal = new AbortController().signal, redact = redactNothing } = {},
  ) {
    const path = scratch.write('inventory.sh', `#!/bin/sh\n${script}\n`, mode)
    return readInventory([{ kind: 'program', path, within, withheld: ['OWN_SECRET'] }], {
      environment: undefined,
      environments: undefined,
      signal,
      redact,
    })
  }
  const sentence = async (work: Promise<unknown>) => (await reasonOf(work)).replaceAll(`${scratch.path}/`, '')

  it('inherits no variable with a secret in it, and what it needs for itself', async () => {
    const own = { OWN_SECRET: 'a', LOCKSTEP_EMBEDDED_PSK: 'b', MCOLLECTIVE_PSK: 'c', OF_THE_SOURCE: 'd' }
    Object.assign(process.env, own)
    try {
      const { hosts } = await run(
        `printf '{"_meta":{"hostvars":{}},"all":{"hosts":["x%s%s%s%s"]}}' "$OWN_SECRET" "$LOCKSTEP_EMBEDDED_PSK" "$MCOLLECTIVE_PSK" "$OF_THE_SOURCE"`,
      )
      expect(hosts.map(({ name }) => name)).to.deep.equal(['xd'])
    } finally {
      for (const name of Object.keys(own)) delete process.env[name]
    }
  })

  it('has groups as classes, and variables as facts: its own, then those of inner groups, then outer ones', async () => {
    scratch.write('fleet.json', JSON.stringify(FLEET))
    const { hosts } = await run('test "$*" = --list && cat fleet.json')
    const from = `${scratch.path}/inventory.sh`
    expect(hosts).to.deep.equal([
      {
        name: 'web1',
        environment: undefined,
        classes: ['roles::web', 'web', 'site'],
        facts: { country: 'de', level: 'web', rack: '7', role: 'roles::web', mounts: '["/","/srv"]' },
        from,
      },
      {
        name: 'web2',
        environment: undefined,
        classes: ['roles::web', 'web', 'site'],
        facts: { country: 'xx', level: 'web', rack: '7', role: 'roles::web' },
        from,
      },
      {
        name: 'db1',
        environment: undefined,
        classes: ['db', 'site'],
        facts: { country: 'xx', level: 'site', rack: '7' },
        from,
      },
      { name: 'old1', environment: undefined, classes: [], facts: { country: 'xx', level: 'all' }, from },
    ])
  })

  it('shows the exit status of a program that fails, and its last words', async () => {
    expect(await sentence(run('echo "Traceback"; echo "KeyError: token" >&2; exit 3'))).to.equal(
      'the inventory program inventory.sh ended with exit status 3; it said last: "KeyError: token"',
    )
    expect(await sentence(run('exit 4'))).to.equal(
      'the inventory program inventory.sh ended with exit status 4, and said nothing',
    )
  })

  it('shows no secret in its output, wherever that is cut', async () => {
    const secret = 'correct-horse-battery-staple'
    const redact = redactorOfOthers([secret])
    for (const before of [55, 65, 75, 175, 185, 195]) {
      const said = `${'.'.repeat(before)}${secret}${'.'.repeat(300)}`
      for (const script of [
        `echo ${said}`,
        `echo ${said}; exit 3`,
        `echo '{"_meta":{"hostvars":{}},"${said}":1}'`,
      ])
        expect(piecesOf(secret, await sentence(run(script, { redact })))).to.deep.equal([])
    }
  })

  it('is not waited for longer than it may take', async () => {
    expect(await sentence(run('echo looking >&2; sleep 20', { within: 200 }))).to.equal(
      'the inventory program inventory.sh gave no inventory: it took longer than 0.2 s and was ended; it said last: "looking"',
    )
  })

  it('is not read on when the operator asks to stop', async () => {
    const stop = new AbortController()
    const reading = run('sleep 20', { signal: stop.signal })
    stop.abort()
    expect(await sentence(reading)).to.equal('the operator asked to stop while the inventory was read')
  })

  it('has a limit, and does not count as whole beyond it', async () => {
    expect(await sentence(run('head -c 70000000 /dev/zero | tr "\\0" "x"; exit 0'))).to.match(
      /^the inventory program inventory\.sh gave no inventory: it printed more than 67108864 bytes and was ended/,
    )
  })

  it('comes from a file that can be executed', async () => {
    expect(await sentence(run('echo', { mode: 0o600 }))).to.equal(
      'the inventory program inventory.sh is no file that can be executed; check its path, or chmod +x it',
    )
  })

  const meta = '"_meta": {"hostvars": {}}'
  const deep = Array.from({ length: 200 }, (_, n) => `"g${n}": {"children": ["g${n + 1}"]}`)
    .reverse()
    .join(', ')
  const wrong: [string, string, string][] = [
    ['nothing', '', "nothing; expected Ansible's dynamic inventory"],
    [
      'a sentence',
      'usage: x',
      `what is no JSON, beginning with "usage: x"; expected Ansible's dynamic inventory`,
    ],
    ['a list', '[]', "JSON that is no object; expected Ansible's dynamic inventory"],
    [
      'no _meta',
      '{"web": ["web1"]}',
      'no _meta with the hostvars of all hosts; hosts are not asked for one by one, with --host',
    ],
    [
      'no hostvars',
      '{"_meta": {}}',
      '_meta.hostvars as undefined; expected hostvars: the variables of each host',
    ],
    ['no host', `{${meta}, "web": {"hosts": []}}`, 'no host; a host belongs to a group'],
    [
      'hosts that are no list',
      `{${meta}, "web": {"hosts": {"web1": {}}}}`,
      'web.hosts as Object; expected a list of names',
    ],
    [
      'a group that is text',
      `{${meta}, "web": "web1"}`,
      'web as "web1"; expected a list of hosts, or a group with hosts, children and vars',
    ],
    [
      'a group in itself',
      `{${meta}, "a": {"children": ["a"], "hosts": ["x"]}}`,
      'groups that are in each other: "a" in "a"',
    ],
    [
      'groups in each other',
      `{${meta}, "top": {"children": ["a"]}, "a": {"children": ["b"]}, "b": {"children": ["a"], "hosts": ["x"]}}`,
      'groups that are in each other: "a" in "b" in "a"',
    ],
    ['groups that are too deep', `{${meta}, ${deep}}`, 'groups that are more than 100 deep in one another'],
    [
      'a group that is no class',
      `{${meta}, "my web": ["x"]}`,
      'the group "my web" of x, which is no name for a class',
    ],
    [
      'a variable that is no fact',
      `{"_meta": {"hostvars": {"x": {"a b": 1}}}, "web": ["x"]}`,
      'the variable "a b" of x, which is no name for a fact',
    ],
  ]
  for (const [what, printed, expected] of wrong)
    it(`is refused when it is ${what}`, () => {
      expect(() => ansibleHosts('p', printed)).to.throw(
        LockstepError,
        `the inventory program p printed ${expected}`,
      )
    })

  it('names a host that can be none', async () => {
    expect(await sentence(run(`echo '{${meta}, "web": ["web 1"]}'`))).to.equal(
      'inventory.sh: "web 1" is no host name',
    )
  })

  it('is hosts, or ends with a sentence, for any output', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'all', 'ungrouped', '__proto__', 'constructor', 'x y', '')
    const names = fc.array(name, { maxLength: 3 })
    const vars = fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }))
    const group = fc.oneof(
      fc.record({ hosts: names, children: names, vars }, { requiredKeys: [] }),
      names,
      fc.jsonValue({ maxDepth: 2 }),
    )
    const inventory = fc
      .tuple(fc.dictionary(name, vars), fc.dictionary(name, group))
      .map(([hostvars, groups]) => JSON.stringify({ _meta: { hostvars }, ...groups }))
    fc.assert(
      fc.property(fc.oneof(inventory, fc.json(), fc.string()), (printed) => {
        try {
          expect(ansibleHosts('p', printed)).not.to.deep.equal([])
        } catch (error) {
          expect(error).to.be.instanceOf(LockstepError)
          expect((error as Error).message).to.match(/^the inventory program p printed /)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
