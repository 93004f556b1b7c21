import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencesIn } from '../../config/variables'
import { tagIn, type FeatureTag } from './feature_tag'

/** A feature that people may start. */
export interface StartableFeature {
  /** Its path below the folder of lockstep.yaml. */
  path: string
  /** The names that it has values for, in their order. */
  variables: readonly string[]
  /** The tag that it deploys, where a person chooses it. */
  tag?: FeatureTag | undefined
}

const MAX_DEPTH = 8
/** A name that no command takes for an option, a pattern or a place of cucumber's. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.+@-]*$/

/** Returns the paths of features that the globs of lockstep.yaml name. Nothing of a request is part of them. */
export function listFeatures(folder: string, globs: readonly string[]): string[] {
  const patterns = globs.map(patternOf)
  return walk(folder, '', 0)
    .filter((path) => path.endsWith('.feature') && patterns.some((pattern) => pattern.test(path)))
    .sort()
}

/** Returns a feature with its variables; undefined where it cannot be read. */
export function readFeature(folder: string, path: string): StartableFeature | undefined {
  try {
    const text = readFileSync(join(folder, path), 'utf8')
    return { path, variables: variablesIn(text), tag: tagIn(text) }
  } catch {
    return undefined
  }
}

/** Links lead out of the folder, and are not followed. */
function walk(folder: string, below: string, depth: number): string[] {
  if (depth > MAX_DEPTH) return []
  try {
    return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      if (!PLAIN.test(entry.name) || entry.name === 'node_modules') return []
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) return walk(folder, path, depth + 1)
      return entry.isFile() ? [path] : []
    })
  } catch {
    return []
  }
}

/** A star stands for any text within a name, and two for any folders. */
function patternOf(glob: string): RegExp {
  const parts = glob.split('/').map((part) => {
    if (part === '**') return '(?:[^/]+/)*'
    return `${part
      .split('*')
      .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]*')}/`
  })
  return new RegExp(`^${parts.join('').replace(/\/$/, '')}$`)
}

const STEP = /^(?:Given|When|Then|And|But|\*)\s/
const TITLE = /^(?:Feature|Rule|Background|Scenario(?: Outline| Template)?|Examples?|Scenarios):/

/**
 * Returns the variables of a feature's text: what its steps, tables and texts refer to, but for the columns of the
 * examples of the scenario that they stand in.
 */
export function variablesIn(text: string): string[] {
  const found = new Set<string>()
  let own = new Set<string>()
  let isHeader = false
  let quote: string | undefined
  // The columns of a scenario stand behind its steps.
  const close = (columns: ReadonlySet<string>) => {
    for (const name of own) if (!columns.has(name)) found.add(name)
    own = new Set()
  }
  let columns = new Set<string>()
  for (const written of text.split('\n')) {
    const line = written.trim()
    const mark = /^("""|```)/.exec(line)?.[1]
    if (mark !== undefined && (quote === undefined || quote === mark)) {
      quote = quote === undefined ? mark : undefined
      continue
    }
    if (quote === undefined && TITLE.test(line)) {
      isHeader = /^(?:Examples?|Scenarios):/.test(line) && !line.startsWith('Example:')
      if (!isHeader) {
        close(columns)
        columns = new Set()
      }
      continue
    }
    if (quote === undefined && isHeader && line.startsWith('|')) {
      for (const cell of line.split('|')) columns.add(cell.trim())
      isHeader = false
      continue
    }
    if (quote !== undefined || STEP.test(line) || line.startsWith('|'))
      for (const name of referencesIn(line)) own.add(name)
  }
  close(columns)
  return [...found].sort()
}
