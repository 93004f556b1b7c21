import { expect } from 'chai'
import fc from 'fast-check'
import type { Envelope, GherkinDocument, Pickle } from '@cucumber/messages'
import { Variables, type Definition } from '../config/variables'
import { LockstepError } from '../system/errors'
import { Substitution } from './substitution'

const PASSWORD = 'hunter2'
const url = 'features/own.feature'

interface PickleOf {
  text?: string
  cell?: string
  document?: string
}

function pickleOf({ text = 'a step', cell, document }: PickleOf, id = 'p'): Pickle {
  const argument = {
    ...(cell === undefined ? {} : { dataTable: { rows: [{ cells: [{ value: 'name' }, { value: cell }] }] } }),
    ...(document === undefined ? {} : { docString: { content: document } }),
  }
  const step = { id: `${id} step`, text, astNodeIds: ['a'], argument }
  return {
    id,
    uri: url,
    name: 'Deploy <app>',
    steps: [step],
    tags: [],
    astNodeIds: ['b'],
  } as unknown as Pickle
}

function variables(): Variables {
  const where = 'lockstep.yaml:4'
  const plain = { app: 'mywebapp', release: '<app>-4.2.6', call: 'me:<password>' }
  const definitions = Object.entries(plain).map(([name, value]) => [name, { where, value }] as const)
  return new Variables(
    'the environment test',
    new Map<string, Definition>([...definitions, ['password', { where, value: () => PASSWORD }]]),
  )
}

/** Tells `filling` of a pickle as cucumber does, and that the pickle is run. Returns the pickle that reports show. */
function hear(substitution: Substitution, pickle: Pickle): Pickle {
  const envelope: Envelope = { pickle }
  substitution.hear(envelope)
  substitution.hear({ testCase: { id: 't', pickleId: pickle.id, testSteps: [] } })
  return envelope.pickle ?? pickle
}

const cellOf = (pickle: Pickle) => pickle.steps[0]?.argument?.dataTable?.rows[0]?.cells[1]?.value
const documentOf = (pickle: Pickle) => pickle.steps[0]?.argument?.docString?.content

describe('filling a feature', () => {
  it('puts values into texts, tables and documents, in the very scenario that is run', () => {
    const substitution = new Substitution(variables)
    const pickle = pickleOf({
      text: 'version <release> of <app>',
      cell: '<app>',
      document: '\\<app> is <app>',
    })
    expect(hear(substitution, pickle)).to.equal(pickle)
    expect([pickle.name, pickle.steps[0]?.text]).to.deep.equal([
      'Deploy mywebapp',
      'version mywebapp-4.2.6 of mywebapp',
    ])
    expect([cellOf(pickle), documentOf(pickle)]).to.deep.equal(['mywebapp', '<app> is mywebapp'])
    expect([...substitution.plainIn(url)]).to.deep.equal([
      ['app', 'mywebapp'],
      ['release', 'mywebapp-4.2.6'],
    ])
    expect(substitution.faultsOf('p step')).to.deep.equal([])
  })

  it('asks for no variables where a feature has none', () => {
    const substitution = new Substitution(() => {
      throw new Error('nobody has named one')
    })
    const pickle = { ...pickleOf({ text: 'fact cores<8', cell: '/(?<name>web)/' }), name: 'Own' }
    hear(substitution, pickle)
    expect([pickle.steps[0]?.text, cellOf(pickle), substitution.isUsed]).to.deep.equal([
      'fact cores<8',
      '/(?<name>web)/',
      false,
    ])
  })

  it('keeps a secret out of all output, and puts it in when the scenario runs', () => {
    const substitution = new Substitution(variables)
    const pickle = pickleOf({ cell: '<call>@<app>', document: '<password>, not \\<password>' })
    const shown = hear(substitution, pickle)
    expect(shown).not.to.equal(pickle)
    substitution.fill(pickle)
    expect([cellOf(pickle), documentOf(pickle)]).to.deep.equal([
      'me:hunter2@mywebapp',
      'hunter2, not <password>',
    ])
    expect([cellOf(shown), documentOf(shown)]).to.deep.equal([
      '<call>@mywebapp',
      '<password>, not <password>',
    ])
    const { variables: inUse, secretVariables } = substitution.inUse()
    expect([...secretVariables].sort()).to.deep.equal(['call', 'password'])
    expect(inUse.get('call')).to.equal('me:hunter2')
    expect([...substitution.plainIn(url).keys()]).to.deep.equal(['app'])
  })

  it('does not put one into output, even if cucumber ran that', () => {
    const substitution = new Substitution(variables)
    const shown = hear(substitution, pickleOf({ cell: '<password>' }))
    expect(() => substitution.fill(shown)).to.throw(LockstepError, 'secret variables cannot be used with it')
  })

  it('reads no secret of a scenario that is not run', () => {
    const substitution = new Substitution(
      () => new Variables('x', new Map([['token', { where: 'x', value: () => expect.fail('it was read') }]])),
    )
    substitution.hear({ pickle: pickleOf({ cell: '<token>' }) })
    expect(substitution.inUse().variables.size).to.equal(0)
  })

  it('refuses an undefined variable, and a secret in the text of a step', () => {
    const substitution = new Substitution(variables)
    const pickle = pickleOf({ text: '<password> of <ap>', cell: '<ap>' })
    hear(substitution, pickle)
    expect(substitution.faultsOf('p step')).to.deep.equal([
      "the variable <ap> is not defined in the environment test; there are: app, call, password, release. Give it with LOCKSTEP_VARIABLES='ap=…'",
      'the variable <password> is a secret, and the text of a step is shown; hand it over in the table of a step',
    ])
    expect([pickle.steps[0]?.text, substitution.isUsed]).to.deep.equal(['<password> of <ap>', false])
  })

  it('says why variables are missing, and asks only once', () => {
    let asked = 0
    const substitution = new Substitution(() => {
      asked += 1
      throw new LockstepError('bad-config', 'no such file')
    })
    hear(substitution, pickleOf({ text: '<app>' }))
    hear(substitution, pickleOf({ text: '<app>' }, 'q'))
    expect([substitution.refusal?.message, asked]).to.deep.equal(['no such file', 1])
  })

  it('refuses a name of the run that is unknown and that no scenario uses', () => {
    const given = new Map([
      ['relase', '1'],
      ['extra', '2'],
    ])
    const substitution = new Substitution(() => variables().overriddenBy(given, 'LOCKSTEP_VARIABLES'))
    hear(substitution, pickleOf({ text: '<extra>' }))
    expect(substitution.refusal?.message).to.equal(
      'relase of LOCKSTEP_VARIABLES is neither used nor defined in the environment test; there are: app, release, call, password',
    )
  })

  it('shows a feature as it is run, and leaves the columns of its outlines alone', () => {
    const substitution = new Substitution(variables)
    const row = (value: string) => ({ cells: [{ value }] })
    const scenario = {
      name: '<app> on <wave>',
      steps: [
        {
          text: 'I take the next <wave> of <app>',
          dataTable: { rows: [row('<release>'), row('<password>')] },
        },
      ],
      examples: [{ tableHeader: row('wave'), tableBody: [row('<release>')] }],
    }
    const background = { steps: [{ text: 'of <release>, <none>', docString: { content: '<app>' } }] }
    const feature = { children: [{ background }, { rule: { children: [{ scenario }] } }] }
    substitution.hear({ gherkinDocument: { uri: url, feature, comments: [] } as unknown as GherkinDocument })
    expect(scenario.name).to.equal('mywebapp on <wave>')
    expect(scenario.steps[0]?.text).to.equal('I take the next <wave> of mywebapp')
    expect(scenario.steps[0]?.dataTable.rows).to.deep.equal([row('mywebapp-4.2.6'), row('<password>')])
    expect(scenario.examples[0]?.tableBody).to.deep.equal([row('mywebapp-4.2.6')])
    expect(background.steps[0]).to.deep.equal({
      text: 'of mywebapp-4.2.6, <none>',
      docString: { content: 'mywebapp' },
    })
  })

  it('keeps what a column of examples is called out of what is fixed', () => {
    const substitution = new Substitution(variables)
    const examples = [{ tableHeader: { cells: [{ value: 'app' }] }, tableBody: [] }]
    const scenario = { name: 'x', steps: [], examples }
    substitution.hear({
      gherkinDocument: {
        uri: url,
        feature: { children: [{ scenario }] },
        comments: [],
      } as unknown as GherkinDocument,
    })
    hear(substitution, pickleOf({ text: '<app> <release>' }))
    expect([...substitution.fixedIn(url).keys()]).to.deep.equal(['release'])
  })

  it('shows no secret, in any kind of step', () => {
    const part = fc.constantFrom(
      '<password>',
      '<call>',
      '<app>',
      '\\<password>',
      '<none>',
      ' ',
      '<',
      '\\',
      PASSWORD.slice(0, 3),
    )
    const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, text, text, (one, two, three) => {
        const substitution = new Substitution(variables)
        const pickle = pickleOf({ text: one, cell: two, document: three })
        const shown = hear(substitution, pickle)
        substitution.fill(pickle)
        expect(JSON.stringify(shown)).not.to.contain(PASSWORD)
        expect(pickle.steps[0]?.text).not.to.contain(PASSWORD)
      }),
    )
  })
})
