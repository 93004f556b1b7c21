import { parseHosts } from '../../rollout/model/parse_hosts'
import type { Manual } from './manual'

/** Returns the lines of a run that are wider than a number of columns. */
export function linesWiderThan(text: string, width: number): string[] {
  const lines = text.split('\n')
  if (text.trim() === '') throw new Error('nothing was said')
  return lines.filter((line) => line.length > width)
}

/** Returns what a run has printed, without commands: each is one line, however long, so that it can be pasted. */
export function withoutCommands(text: string): string {
  const command =
    /^(?: {8}|Every host: | {4}put back: | {4}or by hand\b.*: )(?:[A-Z_]+=\S+ )*(?:npx |node |lockstep |mco )/
  return text
    .split('\n')
    .filter((line) => !command.test(line))
    .join('\n')
}

/** Returns the hosts that a line names after a label, and the number of those that it counts. */
export function hostsTold(text: string, label: string): { named: string[]; counted: number } {
  const line = text.split('\n').find((each) => each.trim().startsWith(`${label}: `)) ?? ''
  const [, names = '', more = '0'] = /: (.*?)(?:, … and (\d+) more)?$/.exec(line) ?? []
  return { named: names === '' ? [] : parseHosts(names), counted: Number(more) }
}

/** Returns what a run has printed, without the time that each line took: it is another one each time. */
export function withoutTimes(text: string): string {
  return text.replace(/( \d+\/\d+(?: hosts)?) +\d[\d.a-z ]*$/gm, '$1')
}

/** Returns the names of the commands that a CI's runner finds in a log. */
export function runnerCommands({ output }: Manual): (string | undefined)[] {
  const commands = output.split(/[\r\n]/).filter((line) => /^\s*::|##\[/.test(line))
  return commands.map((line) => /^::([a-z]+) /.exec(line)?.[1])
}
