import type { Block } from './blocks'

/** One command of a block ```` ```console ````, and what the page says comes of it. */
export interface ConsoleCommand {
  command: string
  output: string
  exitCode: number
}

/**
 * Returns the commands of a block: each begins with `$ `, goes on after a `\` at a line's end, and has its output below.
 * `exit=1` is the exit status of the last one; those before it end with 0.
 * @throws Error when lines stand above the first command
 */
export function commandsOf({ page, line, text, marks }: Block): ConsoleCommand[] {
  const commands: ConsoleCommand[] = []
  let goesOn = false
  for (const row of text.split('\n').slice(0, -1)) {
    const last = commands.at(-1)
    if (goesOn && last !== undefined) last.command += `\n${row}`
    else if (row.startsWith('$ ')) commands.push({ command: row.slice(2), output: '', exitCode: 0 })
    else if (last === undefined) throw new Error(`${page}:${line}: "${row}" stands above the first command`)
    else last.output += `${row}\n`
    goesOn = (goesOn || row.startsWith('$ ')) && row.endsWith('\\')
  }
  const last = commands.at(-1)
  if (last === undefined) throw new Error(`${page}:${line}: this block has no command`)
  last.exitCode = Number(marks.get('exit') ?? 0)
  return commands
}
