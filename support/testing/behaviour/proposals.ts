import { proposedCommand, type ProcessRun } from '../cucumber_process'
import type { Manual } from './manual'
import { squeezed } from './text'

/** Remembers what the last run has proposed, by the first feature that its arguments name. */
export function rememberProposals(manual: Manual, args: string): void {
  const [feature] = /[\w.]+\.feature/.exec(args) ?? ['']
  manual.proposed.set(feature, proposalsIn(manual.last))
}

/** Runs a command that a feature's run has proposed, without the settings of that run. */
export function runProposal(manual: Manual, feature: string, way: string): Promise<ProcessRun> {
  const command = (manual.proposed.get(feature) ?? proposalsIn(manual.last)).get(way)
  if (command === undefined) throw new Error(`nothing is proposed to ${way}:\n${manual.output}`)
  const own = Object.entries(manual.env).filter(([name]) => !name.startsWith('LOCKSTEP_'))
  return proposedCommand(command, manual.scratch.path, Object.fromEntries(own))
}

/** Returns the commands that a run has proposed, by the words in front of them. */
export function proposalsIn(last: ProcessRun): Map<string, string> {
  const command =
    /(?<way>run it|go on): (?<line>(?:[A-Z_]+=(?:'[^']*'|\S+) )*(?:npx|node) .*?\.feature)(?=[ ,]|$)/g
  const all = [...squeezed(last.stdout).matchAll(command)].map(({ groups }) => groups ?? {})
  return new Map(all.map(({ way = '', line = '' }) => [way, line]))
}
