import { LockstepError } from '../system/errors'

/** The value of a variable and its place. */
export interface Definition {
  /** The place of the definition, such as `lockstep.yaml:12`. */
  where: string
  /**
   * A text in which `<other>` stands for another variable. For a secret, a function that reads it; its text is taken as
   * it is.
   */
  value: string | (() => string)
}

const REFERENCE = /(?<!\(\?|\\k)(\\?)<([a-z][\w-]*)>/g
const NAME = /^[a-z][\w-]*$/
const MAX_CHARACTERS = 64 * 1024
const MAX_DEPTH = 20
/** Characters of a secret at least. A shorter one cannot be kept out of a report without taking half of it along. */
const SHORTEST_SECRET = 4

export function isVariableName(name: string): boolean {
  return NAME.test(name)
}

/** Returns the names that a text refers to; `\<name>` is no reference, nor is the name of a group in a pattern. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, escaped, name]) =>
    escaped === '' && name !== undefined ? [name] : [],
  )
}

/** Replaces names by their values. A name that `of` does not know stays as it is, and so does a backslash before it. */
export function expand(text: string, of: (name: string) => string | undefined): string {
  return text.replaceAll(REFERENCE, (written: string, escaped: string, name: string) =>
    escaped === '' ? (of(name) ?? written) : written.slice(1),
  )
}

/** Replaces names by their values in a text that is read as a feature again. With other variables it says the same. */
export function pin(text: string, of: (name: string) => string | undefined): string {
  return text.replaceAll(REFERENCE, (written: string, escaped: string, name: string) => {
    const value = escaped === '' ? of(name) : undefined
    return value === undefined ? written : literally(value)
  })
}

/** The variables of an environment. Unaware of their users; a secret is read when its value is asked for. */
export class Variables {
  private readonly values = new Map<string, string>()

  constructor(
    /** The place in words: `the environment test`. */
    readonly place: string,
    private readonly definitions: ReadonlyMap<string, Definition>,
    /** Warnings for an operator about the places of secrets; the list grows as secrets are read. */
    readonly warnings: readonly string[] = [],
    /**
     * Names that a run gave and that the environment lacks, though it has some. They are misspelt, unless a feature
     * uses them.
     */
    readonly unexpected: readonly string[] = [],
  ) {}

  get names(): string[] {
    return [...this.definitions.keys()]
  }

  has(name: string): boolean {
    return this.definitions.has(name)
  }

  /** Returns these variables with those of the run, which replace them; a variable that was a secret stays one. */
  overriddenBy(given: ReadonlyMap<string, string>, where: string): Variables {
    const overriding = [...given].map(([name, text]): [string, Definition] => {
      const isSecret = this.has(name) && this.isSecret(name)
      return [name, { where, value: isSecret ? () => text : text }]
    })
    const unexpected = this.names.length === 0 ? [] : [...given.keys()].filter((name) => !this.has(name))
    const all = new Map([...this.definitions, ...overriding])
    return new Variables(this.place, all, this.warnings, unexpected)
  }

  /**
   * Checks every variable without reading a secret.
   * @throws LockstepError `bad-config` with the chain of the first one that refers to an undefined one, or to itself
   */
  check(): void {
    const sound = new Set<string>()
    for (const name of this.names) this.follow(name, [], sound)
    for (const name of this.names) if (!this.isSecret(name)) this.valueOf(name)
  }

  /** Returns whether a variable is a secret or contains one. The variables have to be checked before. */
  isSecret(name: string): boolean {
    return this.within(name).some((each) => typeof this.definitions.get(each)?.value === 'function')
  }

  /** Returns the name and all names that its value is made of. */
  within(name: string): string[] {
    const found = new Set([name])
    for (const each of found) for (const other of this.referred(each)) found.add(other)
    return [...found]
  }

  /**
   * Returns the value of a variable.
   * @throws LockstepError `bad-config` when a secret cannot be read, or is too short to be kept out of reports
   */
  valueOf(name: string): string {
    const known = this.values.get(name)
    if (known !== undefined) return known
    const { where, value } = this.defined(name)
    const text = typeof value === 'string' ? expand(value, (other) => this.valueOf(other)) : value()
    if (typeof value === 'function' && text.length < SHORTEST_SECRET)
      throw fault(where, name, `is too short to be a secret; expected ${SHORTEST_SECRET} characters or more`)
    if (text.length > MAX_CHARACTERS)
      throw fault(where, name, `comes to more than ${MAX_CHARACTERS} characters`)
    this.values.set(name, text)
    return text
  }

  private follow(name: string, chain: readonly string[], sound: Set<string>): void {
    if (sound.has(name)) return
    const from = chain[0] ?? name
    const told = [...chain, name].join(' → ')
    const origin = this.definitions.get(from)?.where ?? this.place
    if (!this.has(name))
      throw fault(origin, from, `uses <${name}>, which is not defined: ${told}; there are: ${this.list}`)
    if (chain.includes(name)) throw fault(origin, from, `goes round in a circle: ${told}`)
    if (chain.length >= MAX_DEPTH)
      throw fault(origin, from, `goes through more than ${MAX_DEPTH} others: ${told}`)
    for (const other of this.referred(name)) this.follow(other, [...chain, name], sound)
    sound.add(name)
  }

  private referred(name: string): string[] {
    const value = this.definitions.get(name)?.value
    return typeof value === 'string' ? referencesIn(value) : []
  }

  private defined(name: string): Definition {
    const found = this.definitions.get(name)
    if (found === undefined) throw new LockstepError('bad-config', this.undefinedSentence(name))
    return found
  }

  undefinedSentence(name: string): string {
    return `the variable <${name}> is not defined in ${this.place}; there are: ${this.list}. Give it with LOCKSTEP_VARIABLES='${name}=…'`
  }

  private get list(): string {
    return this.names.sort().join(', ') || 'none'
  }
}

/**
 * Returns the variables of any environment for a caller that only reads a feature; the first definition counts. All
 * environments have to be checked.
 */
export function anyOf(environments: readonly Variables[]): Variables {
  const definitions = new Map<string, Definition>()
  for (const variables of environments) {
    for (const name of variables.names) {
      if (definitions.has(name)) continue
      const value = () => variables.valueOf(name)
      definitions.set(name, {
        where: variables.place,
        value: variables.isSecret(name) ? value : literally(value()),
      })
    }
  }
  const [first, ...others] = environments
  const unexpected = (first?.unexpected ?? []).filter((name) =>
    others.every((each) => each.unexpected.includes(name)),
  )
  return new Variables('any environment', definitions, [], unexpected)
}

/** Returns a text that `expand` gives back as it was. */
function literally(text: string): string {
  return text.replaceAll(REFERENCE, (written: string) => `\\${written}`)
}

/**
 * Parses `release=2026.11.3,version=4.2.6-3.el5`; a comma within a value is written `\,`.
 * @throws LockstepError `bad-input`, which shows no value
 */
export function parseGivenVariables(text: string, where: string): Map<string, string> {
  const given = new Map<string, string>()
  const parts = text.trim() === '' ? [] : text.split(/(?<!\\),/)
  parts.forEach((part, index) => {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(0, at)).trim()
    const value = part
      .slice(at + 1)
      .trim()
      .replaceAll('\\,', ',')
    const fail = (why: string) => new LockstepError('bad-input', `${where}: ${why}`)
    if (at === -1 || !isVariableName(name))
      throw fail(
        `expected name=value as part ${index + 1} of ${parts.length}; a comma in a value is written \\,`,
      )
    if (value === '') throw fail(`${name} has no value`)
    if (/\p{Cc}/u.test(value)) throw fail(`the value of ${name} is not one line of text`)
    if (given.has(name)) throw fail(`${name} is given twice`)
    given.set(name, value)
  })
  return given
}

/** Formats these values for `parseGivenVariables`, so that each stands for itself. */
export function formatVariables(values: Readonly<Record<string, string>>): string {
  return formatGivenVariables(Object.entries(values).map(([name, value]) => [name, literally(value)]))
}

/** Formats what `parseGivenVariables` has parsed: `<other>` in a value stands for another variable. */
export function formatGivenVariables(given: Iterable<readonly [name: string, value: string]>): string {
  // The blank separates a backslash at the end of a value from the comma after it.
  return [...given]
    .map(([name, value]) => `${name}=${value.replaceAll(',', '\\,')}`.replace(/\\$/, '\\ '))
    .join(',')
}

function fault(where: string, name: string, why: string): LockstepError {
  return new LockstepError('bad-config', `${where}: the variable <${name}> ${why}`)
}
