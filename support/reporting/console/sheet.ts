import { isGithub, withoutCommands } from '../ci/workflow_commands'
import { isLively } from './colour'
import { giveWayTo, type SharedStream } from './give_way'
import { LiveRows } from './live_rows'

/** The paper that text is written on, and how others share it. */
export interface Paper {
  stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  write: (text: string) => void
  env: Readonly<Record<string, string | undefined>>
  /** The streams by which others may write to the same terminal. */
  shared?: readonly SharedStream[]
}

export interface Sheet {
  /** Writes text that stays. */
  print: (text: string) => void
  /** Draws rows in place of those before; absent where nothing can be drawn over. */
  draw?: (rows: readonly string[]) => void
  close: () => void
}

/** Opens paper for text that stays and, on a terminal, for rows that are drawn over. Hides secrets in both. */
export function openSheet(
  { stream, write, env, shared = [] }: Paper,
  redact: (text: string) => string,
): Sheet {
  const say = isGithub(env)
    ? (text: string) => write(withoutCommands(redact(text)))
    : (text: string) => write(redact(text))
  if (!isLively(stream, env)) return { print: say, close: () => {} }
  const rows = new LiveRows({ write, columns: () => stream.columns ?? 80 })
  const close = giveWayTo(shared, rows)
  return { print: (text) => rows.print(redact(text)), draw: (each) => rows.draw(each.map(redact)), close }
}
