import { referencesIn } from '../../config/variables'

/** What a feature says of the tag that it deploys. */
export interface FeatureTag {
  repository: string
  /** The variable that is the tag. */
  variable: string
  /** The hosts that it selects, or why they cannot be asked for their tags from here. */
  hosts: { classes: readonly string[]; facts: readonly string[] } | { why: string }
}

const STEP = /^(?:Given|When|Then|And|But|\*)\s+(.*)$/
const TITLE = /^(Feature|Rule|Background|Scenario(?: Outline| Template)?|Example|Examples|Scenarios):/
const TAG = 'the tag '
const REPOSITORY = /^the repository ([a-z0-9][a-z0-9_-]{0,63})$/
const SELECTS = /^I want to update (?:hosts with (class|fact|identity)|the hosts)\b:?\s*(.*)$/
/** A class or a fact as a command takes it for a value, and nothing else. */
const PLAIN = /^[^\s-]\S{0,254}$/

/**
 * Returns what the text of a feature says of the tag that it deploys; undefined where a person does not choose it, or where
 * its repository cannot be told. It counts only what stands before the first scenario, where it is so for all of them.
 */
export function tagIn(text: string): FeatureTag | undefined {
  let place = ''
  let quote: string | undefined
  let repository: string | undefined
  const variables = new Set<string>()
  const classes: string[] = []
  const facts: string[] = []
  let why: string | undefined
  for (const written of text.split('\n')) {
    const line = written.trim()
    const mark = /^("""|```)/.exec(line)?.[1]
    if (mark !== undefined && (quote === undefined || quote === mark)) {
      quote = quote === undefined ? mark : undefined
      continue
    }
    if (quote !== undefined) continue
    const title = TITLE.exec(line)?.[1]
    if (title === 'Rule') why ??= 'its rules select their own hosts'
    if (title !== undefined) {
      place = title
      continue
    }
    const step = STEP.exec(line)?.[1]?.trim()
    if (step === undefined) continue
    if (step.startsWith(TAG))
      for (const name of variableOf(step.slice(TAG.length).trim())) variables.add(name)
    if (step.startsWith('the repository ')) {
      const own = REPOSITORY.exec(step)?.[1]
      // A feature of two repositories has two kinds of tags.
      if (own === undefined || (repository !== undefined && repository !== own)) return undefined
      repository = own
    }
    const [, kind, value = ''] = SELECTS.exec(step) ?? []
    if (!SELECTS.test(step)) continue
    if (place !== 'Background') why ??= 'its scenarios select their own hosts'
    else if (kind !== 'class' && kind !== 'fact') why ??= 'it names its hosts one by one'
    else if (referencesIn(value).length > 0) why ??= `its ${kind} is a value that is still to be given`
    else if (!PLAIN.test(value)) why ??= `its ${kind} cannot be read here`
    else (kind === 'class' ? classes : facts).push(value)
  }
  const [variable, ...others] = variables
  if (repository === undefined || variable === undefined || others.length > 0) return undefined
  return { repository, variable, hosts: why === undefined ? { classes, facts } : { why } }
}

/** Returns the variable that a text is, and nothing beside it. */
function variableOf(text: string): string[] {
  return referencesIn(text).filter((name) => text === `<${name}>`)
}
