import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { readExtensionFiles } from '../config/extensions_setting'
import { inputFault } from '../rpc/contracts/contract'
import { loadExtensions } from './load_extensions'

const RULE = "{ id: 'no-puppet', severity: 'error', why: 'It matters.', fix: 'Leave it.', find: () => [] }"

describe('the extensions of a team', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const load = async (...files: string[]) => {
    const list = files.map((file) => `  - ${file}\n`).join('')
    const path = scratch.write('lockstep.yaml', `environments: {}\nextensions:\n${list}`)
    return loadExtensions(readExtensionFiles(path))
  }
  const refused = async (body: string, name = 'own.js') => {
    scratch.write(name, body)
    const reason = await reasonOf(load(`./${name}`))
    const [, rest] = /lockstep\.yaml:3: the extension \.\/\S+: (.*)$/s.exec(reason) ?? []
    return rest ?? reason
  }
  const kinds: [string, string, string][] = [
    ['CommonJS', 'own.js', `module.exports = { rules: [${RULE}] }`],
    ['an ES module', 'own.mjs', `export default { rules: [${RULE}] }`],
    ['an ES module of names', 'names.mjs', `export const rules = [${RULE}]`],
    ['TypeScript', 'own.ts', `const rules: object[] = [${RULE}]\nexport default { rules }`],
  ]
  for (const [what, name, body] of kinds)
    it(`are loaded from ${what}`, async () => {
      scratch.write(name, body)
      const { rules, files } = await load(`./${name}`)
      expect(files).to.deep.equal([`./${name}`])
      expect(rules.map(({ rule, file }) => [rule.id, file])).to.deep.equal([['no-puppet', `./${name}`]])
    })

  it('are refused where a file is not there', async () => {
    expect(await reasonOf(load('./gone.js'))).to.match(
      /lockstep\.yaml:3: the extension \.\/gone\.js: there is no file \/.*\/gone\.js$/,
    )
  })

  it('are refused where one is named twice', async () => {
    scratch.write('own.js', `module.exports = { rules: [] }`)
    expect(await reasonOf(load('./own.js', './own.js'))).to.match(/own\.js: it is named twice$/)
  })

  const wrong: [string, string | RegExp][] = [
    ['throw new Error("not today")', 'it cannot be loaded: not today'],
    ['throw "not today"', 'it cannot be loaded: not today'],
    ['this is no script', /^it cannot be loaded: ./],
    [
      "require('./gone.js')",
      /^it cannot be loaded: Cannot find module '\.\/gone\.js', which \/\S+\/own\.js loads$/,
    ],
    ['module.exports = 5', /^it exports no extension; expected an object with rules/],
    ['module.exports = []', /^it exports no extension/],
    ['', /^it exports nothing; expected rules/],
    ['module.exports = { rule: [] }', 'it exports rule, which is not known; the closest known one is rules'],
    [
      'exports.default = {}; exports.rules = []',
      'it exports rules beside its default export; put it into that one',
    ],
    ['module.exports = { rules: {} }', 'its rules are no list'],
    ['module.exports = { rules: [null] }', /^rule 1 has no id; expected/],
    ["module.exports = { rules: [{ id: 'No Puppet' }] }", /^rule 1 has no id; expected/],
    [
      "module.exports = { rules: [{ id: 'no-host-count' }] }",
      'Lockstep has a rule no-host-count already; give it another id',
    ],
    [
      "module.exports = { rules: [{ id: 'allow-all' }] }",
      'Lockstep has a rule allow-all already; give it another id',
    ],
    ["module.exports = { rules: [{ id: 'a' }] }", 'the rule a has no severity; expected error or warning'],
    [
      "module.exports = { rules: [{ id: 'a', severity: 'error' }] }",
      'the rule a lacks why or fix; expected a sentence each',
    ],
    [
      "module.exports = { rules: [{ id: 'a', severity: 'error', why: 'y', fix: 'z' }] }",
      'the rule a has no function find',
    ],
    [
      `module.exports = { rules: [${RULE}, ${RULE}] }`,
      './own.js has a rule no-puppet already; give it another id',
    ],
  ]
  for (const [body, reason] of wrong)
    it(`are refused that say ${body.slice(0, 60) || 'nothing'}`, async () => {
      const said = await refused(body)
      if (typeof reason === 'string') expect(said).to.equal(reason)
      else expect(said).to.match(reason)
    })

  it('are refused that wait at their top level', async () => {
    expect(await refused('export default await Promise.resolve({ rules: [] })', 'own.mjs')).to.equal(
      'it cannot be loaded: it waits at its top level; move each await into a function',
    )
  })

  for (const body of [`export default { rules: [] }`, `import 'node:fs'\nexport default { rules: [] }`])
    it(`are refused that say ${body.split(' ')[0]} where package.json calls them CommonJS`, async () => {
      scratch.write('package.json', '{ "type": "commonjs" }')
      expect(await refused(body)).to.equal(
        'it cannot be loaded: it is written as an ES module, and package.json says "type": "commonjs"; name it .mjs',
      )
    })

  const settings: [string, string][] = [
    [
      'extensions: ./own.js',
      'extensions is "./own.js"; expected a list of files: a path such as ./lockstep/rules.js',
    ],
    ['extensions: []', 'extensions is 0; expected at least one file'],
    ['extensions: [5]', 'extensions.0 is 5; expected a path such as ./lockstep/rules.js'],
  ]
  for (const [text, reason] of settings)
    it(`are refused as ${text}`, async () => {
      const path = scratch.write('lockstep.yaml', `environments: {}\n${text}\n`)
      expect(await reasonOf(Promise.resolve().then(() => readExtensionFiles(path)))).to.equal(
        `${path}:2: ${reason}`,
      )
    })

  describe('that name agents of the hosts', () => {
    const DOOR = `({ readOnly, mutating, text, oneOf, optional, ActionFailed }) => ({
      contract: { agent: 'door', description: 'The door', timeout: 5, actions: {
        knock: readOnly('Knocks', { inputs: { name: text(/^[a-z]+$/, 10, 'a name') }, outputs: { said: 'Who' } }),
        open: mutating('Opens', { inputs: { how: optional(oneOf('wide', 'ajar')) } }),
      } },
      actions: { knock() { throw new ActionFailed('never called') }, open() {} },
    })`
    const DDL = {
      metadata: { name: 'parrot', timeout: 10 },
      actions: [
        { action: 'echo', input: { message: { type: 'string', validation: '^[a-z ]+$', maxlength: 9 } } },
      ],
    }

    it('know their contracts, from the file of a host or from a JSON DDL', async () => {
      scratch.write('door.cjs', `module.exports = ${DOOR}`)
      scratch.write('parrot.json', JSON.stringify(DDL))
      scratch.write(
        'own.js',
        "module.exports = { agents: { door: require('./door.cjs'), parrot: require('./parrot.json') } }",
      )
      const { agents } = await load('./own.js')
      const [door, parrot] = [agents.get('door')?.add, agents.get('parrot')?.add]
      expect([door?.timeout, parrot?.timeout]).to.deep.equal([5, 10])
      const effects = { ...door?.actions, ...parrot?.actions }
      expect(Object.entries(effects).map(([name, { effect }]) => [name, effect])).to.deep.equal([
        ['knock', 'readOnly'],
        ['open', 'mutating'],
        ['echo', 'mutating'],
      ])
      for (const [name, action] of Object.entries(effects).slice(0, 1)) {
        for (const ann of ['ann', 'bob', 'ann'])
          expect(inputFault(action, { name: ann }), name).to.equal(undefined)
        expect(inputFault(action, { name: 'Ann' })?.kind).to.equal('invalid')
      }
    })

    it('are what they were when they were loaded', async () => {
      scratch.write(
        'own.js',
        `const made = (${DOOR})(require(${JSON.stringify(require.resolve('../rpc/contracts/contract'))}))
         module.exports = { agents: { door: made } }
         made.contract.actions.open.effect = 'mutating'
         let reads = 0
         Object.defineProperty(made.contract.actions.open, 'effect', { enumerable: true, get: () => (reads++ ? 'readOnly' : 'mutating') })
         module.exports.agents.later = undefined
         delete module.exports.agents.later`,
      )
      const { agents } = await load('./own.js')
      const open = () => agents.get('door')?.add.actions['open']?.effect
      expect([open(), open()]).to.deep.equal(['mutating', 'mutating'])
      expect(Object.isFrozen(agents.get('door')?.add.actions['open'])).to.equal(true)
    })

    const contract = (parts: string) =>
      `module.exports = { agents: { door: { contract: { agent: 'door', timeout: 5, actions: {}, ${parts} } } } }`
    const action = (parts: string) => contract(`actions: { a: { effect: 'readOnly', inputs: {}, ${parts} } }`)
    const input = (parts: string) => action(`inputs: { n: { kind: 'boolean', optional: false, ${parts} } }`)
    const pattern = (written: string) =>
      input(`kind: 'text', longest: 5, expected: 'a name', pattern: ${written}`)
    const KINDS = 'text, boolean, whole number, number, one of, list or mapping'
    const hostile: [string, string][] = [
      ['module.exports = { agents: [] }', 'its agents are no object; expected an agent by name'],
      [
        'module.exports = { agents: { service: {} } }',
        'Lockstep has an agent service already; give it another name, on its hosts too',
      ],
      [
        'module.exports = { agents: { door: 5 } }',
        'the agent door: it has no contract; expected what its file on the hosts exports',
      ],
      [
        'module.exports = { agents: { door: async () => ({}) } }',
        'the agent door: it is made by a promise; expected an agent at once',
      ],
      ['module.exports = { agents: { door() { throw new Error("no") } } }', 'the agent door: no'],
      ['module.exports = { agents: { get door() { throw new Error("no") } } }', 'it cannot be read: no'],
      ['module.exports = { get agents() { throw null } }', 'it cannot be read: null'],
      [contract("agent: 'gate'"), 'the agent door has the contract of gate; name it gate'],
      [
        contract("agent: '__proto__'"),
        'the agent door: contract.agent is "__proto__"; expected the name of an agent: small letters, digits and _',
      ],
      [contract('get timeout() { throw new Error("no") }'), 'the agent door: no'],
      ...['0', 'NaN', 'Infinity', '1e9', '-1'].map((timeout): [string, string] => [
        contract(`timeout: ${timeout}`),
        `the agent door: contract.timeout is ${String(Number(timeout))}; expected 1 to 3600 seconds`,
      ]),
      [contract('timeout: "5"'), 'the agent door: contract.timeout is "5"; expected 1 to 3600 seconds'],
      [
        contract('timeout: undefined'),
        'the agent door: contract.timeout is missing; expected 1 to 3600 seconds',
      ],
      [
        contract('action: {}'),
        'the agent door: contract has "action", which is not known; expected agent, description, timeout, actions',
      ],
      [contract('actions: []'), 'the agent door: contract.actions is a list; expected an object by name'],
      [
        contract('actions: { ["__proto__"]: {} }'),
        'the agent door: contract.actions has "__proto__"; expected names of letters, digits and _',
      ],
      [
        contract('actions: { a: Promise.resolve() }'),
        'the agent door: contract.actions.a.effect is missing; expected readOnly or mutating',
      ],
      [
        action("effect: 'readonly'"),
        'the agent door: contract.actions.a.effect is "readonly"; expected readOnly or mutating',
      ],
      [
        action('inputs: undefined'),
        'the agent door: contract.actions.a.inputs is missing; expected an object by name',
      ],
      [action('outputs: [5]'), 'the agent door: contract.actions.a.outputs.0 is 5; expected a text'],
      [
        action('inputs: { process_results: {} }'),
        "the agent door: contract.actions.a.inputs.process_results is an input of MCollective's own; give it another name",
      ],
      [
        input("kind: 'bool'"),
        `the agent door: contract.actions.a.inputs.n.kind is "bool"; expected ${KINDS}`,
      ],
      [
        input('optional: "no"'),
        'the agent door: contract.actions.a.inputs.n.optional is "no"; expected true or false',
      ],
      [
        input("kind: 'one of', choices: []"),
        'the agent door: contract.actions.a.inputs.n.choices is empty; expected at least one text',
      ],
      [
        input("kind: 'text', longest: NaN, expected: 'x', pattern: /x/"),
        'the agent door: contract.actions.a.inputs.n.longest is NaN; expected a whole number from 1 to 1000000',
      ],
      [
        pattern('{ source: "x", test: () => true }'),
        'the agent door: contract.actions.a.inputs.n.pattern is an object; expected a regular expression',
      ],
      [
        pattern('/a/g'),
        'the agent door: contract.actions.a.inputs.n.pattern has the flag g, with which it forgets where it begins; take it away',
      ],
    ]
    for (const [body, reason] of hostile)
      it(`are refused that say ${body.slice(27, 140)}`, async () => {
        expect(await refused(body)).to.equal(reason)
      })

    it('judge by a copy of a pattern, whose code is not called', async () => {
      scratch.write('own.js', pattern('Object.assign(/^a$/, { test: () => { throw new Error("no") } })'))
      const { agents } = await load('./own.js')
      const known = agents.get('door')?.add.actions['a']
      if (known === undefined) throw new Error('it is known')
      expect(inputFault(known, { n: 'a' })).to.equal(undefined)
      expect(inputFault(known, { n: 'b' })?.kind).to.equal('invalid')
    })
  })
})
