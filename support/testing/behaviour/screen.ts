import type { Manual } from './manual'

/** Returns the lines of a run that are wider than a number of columns. */
export function linesWiderThan(text: string, width: number): string[] {
  const lines = text.split('\n')
  if (text.trim() === '') throw new Error('nothing was said')
  return lines.filter((line) => line.length > width)
}

/** Returns what a run has printed, without commands: each is one line, however long, so that it can be pasted. */
export function withoutCommands(text: string): string {
  const command = /^ {8}(?:[A-Z_]+=\S+ )*(?:npx |node |lockstep )/
  return text
    .split('\n')
    .filter((line) => !command.test(line))
    .join('\n')
}

/** Returns the names of the commands that a CI's runner finds in a log. */
export function runnerCommands({ output }: Manual): (string | undefined)[] {
  const commands = output.split(/[\r\n]/).filter((line) => /^\s*::|##\[/.test(line))
  return commands.map((line) => /^::([a-z]+) /.exec(line)?.[1])
}
