import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { agentsNeeded } from '../lint/agents_needed'
import { FeatureTimeline } from '../lint/feature_timeline'
import { readSteps } from '../lint/written_steps'
import type { NeededAgent } from '../rollout/ports'

/** The needs of a team’s features, as far as their text tells. */
export interface TeamFeatures {
  /** The number of features that were read. */
  read: number
  /** The agents that they cannot do without, each with the first line that needs it. */
  agents: readonly (NeededAgent & { uri: string })[]
  /** The backends of HAProxy that they name, each with the first line that does. */
  backends: readonly { backend: string; uri: string; line: number }[]
  /** The features that were not read, each with the reason. */
  unread: readonly string[]
}

const MAX_FEATURES = 500
const FOLDER = 'features'
const PASSED_OVER = new Set(['node_modules', '.git'])

/** Reads the features in the folder `features` of a project. Those of Lockstep's own manual are none of a team. */
export function readTeamFeatures(cwd: string): TeamFeatures {
  const all = featuresIn(join(cwd, FOLDER))
  const agents = new Map<string, NeededAgent & { uri: string }>()
  const backends = new Map<string, TeamFeatures['backends'][number]>()
  const unread: string[] = all.length > MAX_FEATURES ? [`${all.length - MAX_FEATURES} more`] : []
  let read = 0
  for (const path of all.slice(0, MAX_FEATURES)) {
    const uri = relative(cwd, path)
    const text = textOf(path)
    if (text === undefined) unread.push(`${uri} cannot be read`)
    else if (isOfAnotherLanguage(text)) unread.push(`${uri} is in another language than English`)
    else if (!/^\s*@.*\bbehaviour\b/m.test(text)) {
      read += 1
      const scenarios = readSteps(text)
      for (const needed of agentsNeeded({ scenarios }))
        if (!agents.has(needed.agent)) agents.set(needed.agent, { ...needed, uri })
      for (const { backend, line } of backendsIn(scenarios))
        if (!backends.has(backend)) backends.set(backend, { backend, uri, line })
    }
  }
  return { read, agents: [...agents.values()], backends: [...backends.values()], unread }
}

function backendsIn(scenarios: ReturnType<typeof readSteps>): { backend: string; line: number }[] {
  return new FeatureTimeline({ uri: '', scenarios, comments: [], places: [], whole: true }).moments.flatMap(
    ({ effect, line }) =>
      // A text with angle brackets is a variable.
      effect.kind === 'names balancer' && effect.backend?.kind === 'haproxy' && !/[<>]/.test(effect.name)
        ? [{ backend: effect.backend.name, line }]
        : [],
  )
}

function isOfAnotherLanguage(text: string): boolean {
  const [, language] = /^\s*#\s*language\s*:\s*(\S+)/m.exec(text) ?? []
  return language !== undefined && !/^en\b/.test(language)
}

function featuresIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !PASSED_OVER.has(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return featuresIn(path)
        return entry.isFile() && entry.name.endsWith('.feature') ? [path] : []
      })
  } catch {
    return []
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
