import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { inputFault } from '../../rpc/contracts/contract'
import { ActionFailed, type Agent } from '../../rpc/server/agent'
import { runCommand } from '../../system/command'
import { callOf } from '../../testing/call'
import { reasonOf } from '../../testing/failure'
import { readBlocks } from '../../testing/docs/blocks'
import { Scratch } from '../../testing/scratch'
import { contractFromJson } from './ddl_json'
import { agentsOf } from './folder'

const DDL = {
  $schema: 'https://choria.io/schemas/mcorpc/ddl/v1/agent.json',
  metadata: { name: 'parrot', description: 'Says it again', timeout: 2, provider: 'external' },
  actions: [
    {
      action: 'echo',
      description: 'Says it again',
      input: {
        message: { prompt: 'Message', type: 'string', validation: '\\A[a-z ]+\\z', maxlength: 20 },
        times: { type: 'integer', optional: true },
        how: { type: 'list', list: ['loud', 'low'], optional: true },
      },
      output: { message: { description: 'What was said', display_as: 'Message' } },
    },
  ],
}

/** A program that answers with its request, or does what the message says. */
const PROGRAM = `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs')
const [, , asked, answered, protocol] = process.argv
const request = JSON.parse(readFileSync(process.env.CHORIA_EXTERNAL_REQUEST, 'utf8'))
if (protocol !== process.env.CHORIA_EXTERNAL_PROTOCOL || protocol !== request.protocol) process.exit(9)
const say = (reply) => writeFileSync(answered, typeof reply === 'string' ? reply : JSON.stringify(reply))
if (request.action === undefined) say({ activate: true })
else if (request.data.message === 'fail') say({ statuscode: 1, statusmsg: 'would not', data: { message: 'no' } })
else if (request.data.message === 'crash') { console.error('it broke'); process.exit(3) }
else if (request.data.message === 'garbage') say('{')
else if (request.data.message === 'list') say('[]')
else if (request.data.message === 'hang') setTimeout(() => {}, 60000)
else say({ statuscode: 0, data: { message: request.data.message, request } })
`

describe('agents of others', () => {
  let scratch: Scratch
  let trouble: string[]
  beforeEach(() => {
    scratch = new Scratch()
    trouble = []
    scratch.write('agents/README.md', 'no agent')
  })
  afterEach(() => scratch.remove())
  const load = () => agentsOf(join(scratch.path, 'agents'), runCommand, (what) => trouble.push(what))
  const ask = async (agent: Agent | undefined, action: string, inputs = {}, signal?: AbortSignal) =>
    agent?.actions[action]?.(inputs, callOf(action, signal))

  describe('in a program of any language', () => {
    const parrot = async () => {
      scratch.write('agents/parrot.json', JSON.stringify(DDL))
      scratch.write('agents/parrot', PROGRAM, 0o755)
      return (await load())[0]
    }

    it('are given the whole request, and their reply is answered', async () => {
      const reply = await ask(await parrot(), 'echo', { message: 'hello', process_results: true })
      expect(reply?.['message']).to.equal('hello')
      expect(reply?.['request']).to.deep.include({
        $schema: 'https://choria.io/schemas/mcorpc/external/v1/rpc_request.json',
        protocol: 'io.choria.mcorpc.external.v1.rpc_request',
        agent: 'parrot',
        action: 'echo',
        callerid: 'cert=operator',
        data: { message: 'hello' },
      })
      expect(trouble).to.deep.equal([])
    })

    it('fail as they say', async () => {
      const failure = await ask(await parrot(), 'echo', { message: 'fail' }).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(ActionFailed).and.include({ message: 'would not', statuscode: 1 })
      expect((failure as ActionFailed).data).to.deep.equal({ message: 'no' })
    })

    for (const [message, reason] of [
      ['crash', /^the agent’s program ended with exit status 3: it broke$/],
      ['garbage', /a reply that is no JSON$/],
      ['list', /without statuscode and data$/],
    ] as const) {
      it(`that ${message} are told so`, async () => {
        expect(await reasonOf(ask(await parrot(), 'echo', { message }))).to.match(reason)
      })
    }

    it('that hang are ended when their time is over, and leave no request behind', async () => {
      const over = new AbortController()
      const agent = await parrot()
      const asked = ask(agent, 'echo', { message: 'hang' }, over.signal)
      setTimeout(() => over.abort(), 200)
      expect(await reasonOf(asked)).to.match(/its time was over/)
    })

    it('are not used without a program, and the others are', async () => {
      scratch.write(
        'agents/lonely.json',
        JSON.stringify({ ...DDL, metadata: { ...DDL.metadata, name: 'lonely' } }),
      )
      expect((await parrot())?.contract.agent).to.equal('parrot')
      expect(trouble).to.have.length(1)
      expect(trouble[0]).to.match(/lonely\.json is not used: there is no program .*lonely/)
    })

    it('are not used when everybody may write them', async () => {
      scratch.write('agents/parrot.json', JSON.stringify(DDL))
      scratch.write('agents/parrot', PROGRAM, 0o777)
      expect(await load()).to.deep.equal([])
      expect(trouble[0]).to.match(/everybody may write it/)
    })

    it('are not used where they do not want to be', async () => {
      scratch.write('agents/parrot.json', JSON.stringify(DDL))
      scratch.write('agents/parrot', '#!/bin/sh\necho "{\\"activate\\": false}" >"$2"\n', 0o755)
      expect(await load()).to.deep.equal([])
      expect(trouble[0]).to.match(/does not want to be used/)
    })
  })

  describe('in a module', () => {
    const module = (body: string, name = 'door.cjs') => scratch.write(`agents/${name}`, body)

    it('are made with the tools that they are given', async () => {
      module(`module.exports = ({ readOnly, text, ActionFailed }) => ({
  contract: { agent: 'door', description: 'a door', timeout: 5, actions: {
    knock: readOnly('knocks', { inputs: { name: text(/^[a-z]+$/, 10, 'a name') }, outputs: { said: 'what was said' } }),
  } },
  actions: { knock({ name }, { callerid }) {
    if (name === 'nobody') throw new ActionFailed('nobody is there', { said: '' })
    return { said: name + ' for ' + callerid }
  } },
})`)
      const [agent] = await load()
      expect(trouble).to.deep.equal([])
      expect(await ask(agent, 'knock', { name: 'ann' })).to.deep.equal({ said: 'ann for cert=operator' })
      expect(await reasonOf(ask(agent, 'knock', { name: 'nobody' }))).to.equal('nobody is there')
      expect(agent?.contract.actions['knock']?.outputs).to.deep.equal(['said'])
    })

    it('may be in TypeScript', async () => {
      module(
        `interface Inputs { name: string }
export default {
  contract: { agent: 'typed', description: 'typed', timeout: 5, actions: { say: { description: 'says', effect: 'readOnly', inputs: {}, outputs: [], tells: {} } } },
  actions: { say: ({ name }: Inputs) => ({ said: name }) },
}`,
        'typed.ts',
      )
      const [agent] = await load()
      expect(trouble).to.deep.equal([])
      expect(await ask(agent, 'say', { name: 'ann' })).to.deep.equal({ said: 'ann' })
    })

    const wrong: [string, RegExp][] = [
      ['module.exports = 5', /exports no agent/],
      ['module.exports = {}', /exports no agent/],
      ['throw new Error("not today")', /not today/],
      ['this is no script', /./],
      [
        "module.exports = { contract: { agent: '../x', timeout: 1, actions: {} }, actions: {} }",
        /contract\.agent is "\.\.\/x"; expected the name/,
      ],
      ["module.exports = { contract: { agent: 'a', actions: {} }, actions: {} }", /timeout/],
      [
        "module.exports = ({ readOnly }) => ({ contract: { agent: 'a', timeout: 1, actions: { b: readOnly('b') } }, actions: {} })",
        /nothing carries out its action b/,
      ],
      [
        "module.exports = { contract: { agent: 'a', timeout: 1, actions: {} }, actions: { b() {} } }",
        /its action b is not in its contract/,
      ],
    ]
    for (const [body, reason] of wrong) {
      it(`that say ${body.slice(0, 60)} are not used, and why is said`, async () => {
        module(body)
        expect(await load()).to.deep.equal([])
        expect(trouble[0]).to.match(reason)
      })
    }
  })

  describe('described by a JSON DDL', () => {
    it('check their inputs by it', () => {
      const echo = contractFromJson(JSON.stringify(DDL)).actions['echo']
      const fault = (inputs: Record<string, string | number>) =>
        echo === undefined ? 'none' : inputFault(echo, inputs)?.message
      expect(fault({ message: 'hello you' })).to.equal(undefined)
      expect(fault({})).to.equal('message is missing')
      expect(fault({ message: 'a\nb' })).to.match(/^message is/)
      expect(fault({ message: 'x'.repeat(21) })).to.match(/longer than 20/)
      expect(fault({ message: 'a', times: 1.5 })).to.match(/whole number/)
      expect(fault({ message: 'a', how: 'odd' })).to.match(/one of loud, low/)
      expect(fault({ message: 'a', __proto__x: 'b' })).to.match(/no input named/)
    })

    const faults: [string, unknown, RegExp][] = [
      ['no JSON', '{', /^it is no JSON/],
      ['a list', [], /^the DDL is no mapping/],
      ['no metadata', {}, /^metadata is no mapping/],
      ['a path as its name', { ...DDL, metadata: { ...DDL.metadata, name: '../a' } }, /no name of an agent/],
      ['no time', { ...DDL, metadata: { name: 'a' } }, /timeout has to be/],
      ['no actions', { ...DDL, actions: [] }, /no actions/],
      [
        'a validation that is none',
        { ...DDL, actions: [{ action: 'a', input: { b: { type: 'string', validation: '(' } } }] },
        /a\.b is no regular expression/,
      ],
      ['an unknown type', { ...DDL, actions: [{ action: 'a', input: { b: { type: 'x' } } }] }, /type "x"/],
    ]
    for (const [what, ddl, reason] of faults) {
      it(`are refused with ${what}`, async () => {
        const text = typeof ddl === 'string' ? ddl : JSON.stringify(ddl)
        expect(await reasonOf(Promise.resolve().then(() => contractFromJson(text)))).to.match(reason)
      })
    }

    it('are refused with a sentence for any content of the file', () => {
      fc.assert(
        fc.property(fc.json(), (json) => {
          try {
            contractFromJson(json)
          } catch (error) {
            expect((error as Error).message).to.match(/\w/)
            expect(error).not.to.be.instanceOf(TypeError)
          }
        }),
      )
    })
  })

  it('are those that docs/extending.md shows', async () => {
    for (const { marks, text } of readBlocks('docs/extending.md')) {
      const name = marks.get('agent')
      if (name !== undefined) scratch.write(`agents/${name}`, text, text.startsWith('#!') ? 0o755 : 0o600)
    }
    const agents = await load()
    expect(trouble).to.deep.equal([])
    expect(agents.map(({ contract }) => contract.agent)).to.deep.equal(['door', 'parrot'])
    expect(await ask(agents[0], 'knock', { name: 'ann' })).to.deep.equal({ said: 'ann, for cert=operator' })
  })
})
