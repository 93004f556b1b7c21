import type { Remark } from '../../run/run_parts'

/** A message that GitHub shows beside a line of a file. An empty `uri` or a `line` of 0 means the run as a whole. */
export interface Annotation extends Remark {
  title?: string
}

/** Returns whether what is printed becomes part of the log of a GitHub workflow. */
export function isGithub(env: NodeJS.ProcessEnv): boolean {
  return env['GITHUB_ACTIONS'] === 'true'
}

/** The most annotations of one kind that GitHub shows for each step of a job. */
const SHOWN = 10
const MAX_MESSAGE = 4_000
const MAX_TITLE = 200

/**
 * Formats annotations as commands to GitHub's runner, one a line, at most ten of a kind. The tenth says how many there
 * are besides.
 */
export function annotationsOf(annotations: readonly Annotation[]): string[] {
  return (['error', 'warning'] as const).flatMap((kind) => {
    const own = annotations.filter(({ severity }) => severity === kind)
    if (own.length <= SHOWN) return own.map(command)
    const more = own.length - SHOWN + 1
    const rest = { uri: '', line: 0, severity: kind, message: `${more} more of these are in the log` }
    return [...own.slice(0, SHOWN - 1), rest].map(command)
  })
}

/**
 * Makes text of others harmless in a log that GitHub's runner reads. The runner takes any line that begins with `::`,
 * and any `##[`, for a command. A host could silence annotations, or have words masked.
 */
export function withoutCommands(text: string): string {
  return text.replace(/^([^\p{L}\p{N}\n]*?):(?=:)/gmu, '$1: ').replaceAll('##[', '# #[')
}

function command({ uri, line, severity, title, message }: Annotation): string {
  const properties = [
    ...(uri === '' ? [] : [`file=${property(uri)}`]),
    ...(line > 0 ? [`line=${line}`] : []),
    ...(title === undefined ? [] : [`title=${property(shorten(title, MAX_TITLE))}`]),
  ]
  const head = properties.length === 0 ? severity : `${severity} ${properties.join(',')}`
  return `::${head}::${data(shorten(message, MAX_MESSAGE))}`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
