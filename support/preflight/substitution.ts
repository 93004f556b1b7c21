import type { Envelope, GherkinDocument, Pickle, PickleStep } from '@cucumber/messages'
import type { VariablesInUse } from '../config/environment'
import { expand, referencesIn, type Variables } from '../config/variables'
import { LockstepError } from '../system/errors'
import { columnsOf, fillDocument } from './substituted_document'

/** A piece of a step's table or document that has a secret in it. The step of the run gets it, and no report does. */
interface Withheld {
  step: string
  template: string
  put: (step: Substituted, text: string) => void
}

type Substituted = Pick<PickleStep, 'id' | 'argument'>

/**
 * Puts values in place of `<name>` while cucumber reads the features. The values go into cucumber's own messages, so
 * that steps are matched against them, before any formatter sees it. Secrets wait until their scenario runs. The
 * filling is unaware of where variables come from.
 */
export class Substitution {
  private loaded: Variables | undefined
  private refused: LockstepError | undefined
  private readonly faults = new Map<string, string[]>()
  private readonly usedBy = new Map<string, { uri: string; names: Set<string> }>()
  private readonly withheld = new Map<string, Withheld[]>()
  private readonly shown = new Map<string, Pickle>()
  private readonly columns = new Map<string, ReadonlySet<string>>()
  private readonly running = new Set<string>()

  /** Takes `load`, which is called with the first name that is met, if any is. */
  constructor(private readonly load: () => Variables) {}

  hear(envelope: Envelope): void {
    const { gherkinDocument, pickle, testCase } = envelope
    if (gherkinDocument !== undefined) this.readDocument(gherkinDocument)
    if (pickle !== undefined) this.readPickle(pickle)
    // Reports show a copy of the pickle from here on, which never has a secret in it.
    if (pickle !== undefined && this.withheld.has(pickle.id)) {
      envelope.pickle = structuredClone(pickle)
      this.shown.set(pickle.id, envelope.pickle)
    }
    if (testCase !== undefined) this.running.add(testCase.pickleId)
  }

  /**
   * The reason why the run cannot begin with these variables, with any lines; asked when all scenarios are known.
   */
  get refusal(): LockstepError | undefined {
    if (this.refused !== undefined || this.loaded === undefined) return this.refused
    const { place, unexpected, names } = this.loaded
    const misspelt = unexpected.filter((name) => !this.namesInUse.has(name))
    if (misspelt.length === 0) return undefined
    const known = names.filter((name) => !unexpected.includes(name))
    return new LockstepError(
      'bad-input',
      `${misspelt.join(', ')} of LOCKSTEP_VARIABLES is neither used nor defined in ${place}; there are: ${known.join(', ')}`,
    )
  }

  /** Returns what is wrong with the names in a step. */
  readonly faultsOf = (stepId: string): readonly string[] => this.faults.get(stepId) ?? []

  /** True when a scenario that is to be run has a variable. */
  get isUsed(): boolean {
    return this.namesInUse.size > 0
  }

  /**
   * Returns the variables that the scenarios to be run use, and reads their secrets.
   * @throws LockstepError `bad-config` when one cannot be read
   */
  inUse(): VariablesInUse {
    const { loaded } = this
    if (loaded === undefined) return { variables: new Map(), secretVariables: new Set() }
    const names = [...this.namesInUse].flatMap((name) => loaded.within(name))
    return {
      variables: new Map(names.map((name) => [name, loaded.valueOf(name)])),
      secretVariables: new Set(names.filter((name) => loaded.isSecret(name))),
    }
  }

  /**
   * Returns those of the variables given as `name=value,…` that lines use. The others may be secret, and nothing of the
   * run depends on them.
   */
  usedOf(given: string): string {
    const { loaded } = this
    const names = new Set([...this.namesInUse].flatMap((name) => loaded?.within(name) ?? [name]))
    const nameOf = (part: string) => part.slice(0, Math.max(0, part.indexOf('='))).trim()
    const parts = given.split(/(?<!\\),/)
    return parts.filter((part) => names.has(nameOf(part))).join(',')
  }

  /** The warnings for an operator about where secrets are kept. */
  get warnings(): readonly string[] {
    return this.loaded?.warnings ?? []
  }

  /** Returns the variables of a feature's scenarios that are to be run, with their values; secrets are left out. */
  plainIn(uri: string): ReadonlyMap<string, string> {
    const { loaded } = this
    const names = [...this.running].flatMap((id) => {
      const used = this.usedBy.get(id)
      return used?.uri === uri ? [...used.names] : []
    })
    return new Map(
      names
        .sort()
        .flatMap((name) =>
          loaded === undefined || loaded.isSecret(name) ? [] : [[name, loaded.valueOf(name)] as const],
        ),
    )
  }

  /**
   * Returns the variables of `plainIn` that are no column of a table of examples: a column's value depends on the row.
   */
  fixedIn(uri: string): ReadonlyMap<string, string> {
    const columns = this.columns.get(uri)
    return new Map([...this.plainIn(uri)].filter(([name]) => columns?.has(name) !== true))
  }

  /**
   * Puts the secrets into a scenario that is about to run.
   * @throws LockstepError `bad-feature` rather than to show one
   */
  fill(pickle: Pick<Pickle, 'id' | 'uri'> & { steps: readonly Substituted[] }): void {
    const { loaded } = this
    const pieces = this.withheld.get(pickle.id)
    if (pieces === undefined || loaded === undefined) return
    if (this.shown.get(pickle.id) === pickle) {
      throw new LockstepError(
        'bad-feature',
        `${pickle.uri}: this version of cucumber reports the very scenario that it runs, so secret variables cannot be used with it`,
      )
    }
    for (const { step: id, template, put } of pieces) {
      const step = pickle.steps.find((each) => each.id === id)
      if (step !== undefined)
        put(
          step,
          expand(template, (name) => loaded.valueOf(name)),
        )
    }
  }

  private get namesInUse(): Set<string> {
    return new Set([...this.running].flatMap((id) => [...(this.usedBy.get(id)?.names ?? [])]))
  }

  private readDocument(document: GherkinDocument): void {
    this.columns.set(document.uri ?? '', columnsOf(document))
    fillDocument(document, this.shownValue)
  }

  private readonly shownValue = (name: string): string | undefined => {
    const variables = this.variables()
    return variables?.has(name) === true && !variables.isSecret(name) ? variables.valueOf(name) : undefined
  }

  private readPickle(pickle: Pickle): void {
    const names = new Set<string>()
    pickle.name = expand(pickle.name, this.shownValue)
    for (const step of pickle.steps) this.readStep(pickle, step, names)
    if (names.size > 0) this.usedBy.set(pickle.id, { uri: pickle.uri, names })
  }

  private readStep(pickle: Pickle, step: PickleStep, names: Set<string>): void {
    const inArgument = piecesOf(step).map(({ text, put }) => ({ text, put, names: referencesIn(text) }))
    const inText = referencesIn(step.text)
    const wanted = [...inText, ...inArgument.flatMap((piece) => piece.names)]
    const variables = wanted.length === 0 ? undefined : this.variables()
    const faults = variables === undefined ? [] : faultsIn(variables, inText, wanted)
    if (faults.length > 0) this.faults.set(step.id, faults)
    if (this.refused !== undefined || faults.length > 0) return
    for (const name of wanted) names.add(name)
    step.text = expand(step.text, this.shownValue)
    for (const { text, put, names: within } of inArgument) {
      put(step, expand(text, this.shownValue))
      if (within.every((name) => this.shownValue(name) !== undefined)) continue
      this.withheld.set(pickle.id, [
        ...(this.withheld.get(pickle.id) ?? []),
        { step: step.id, template: text, put },
      ])
    }
  }

  private variables(): Variables | undefined {
    if (this.loaded !== undefined || this.refused !== undefined) return this.loaded
    try {
      this.loaded = this.load()
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      this.refused = error
    }
    return this.loaded
  }
}

function faultsIn(variables: Variables, inText: readonly string[], wanted: readonly string[]): string[] {
  const missing = wanted
    .filter((name) => !variables.has(name))
    .map((name) => variables.undefinedSentence(name))
  const told = inText
    .filter((name) => variables.has(name) && variables.isSecret(name))
    .map(
      (name) =>
        `the variable <${name}> is a secret, and the text of a step is shown; hand it over in the table of a step`,
    )
  return [...new Set([...missing, ...told])]
}

/** Returns the cells of a step's table and its document, each with a function that fills it. */
function piecesOf({ argument }: PickleStep): Pick<Withheld & { text: string }, 'text' | 'put'>[] {
  const cells = (argument?.dataTable?.rows ?? []).flatMap(({ cells: row }, r) =>
    row.map(({ value }, c) => ({
      text: value,
      put({ argument: to }: Substituted, filled: string) {
        const cell = to?.dataTable?.rows[r]?.cells[c]
        if (cell !== undefined) cell.value = filled
      },
    })),
  )
  const document = argument?.docString
  if (document === undefined) return cells
  return [
    ...cells,
    {
      text: document.content,
      put({ argument: to }: Substituted, filled: string) {
        if (to?.docString !== undefined) to.docString.content = filled
      },
    },
  ]
}
