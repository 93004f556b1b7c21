import { hosts as counted } from '../rollout/model/verdict'
import { changesFleet } from '../run/modes'
import type { RunState } from '../run/run_state'
import type { Recovery } from '../run/run_parts'
import { formatCommand } from '../system/commands'
import { EXIT } from '../system/errors'
import { planCommand, TOO_SMALL, isPartial, commandFor, resumeCommand } from './next_command'

/** Returns the result of a plan, in a sentence. */
export function wouldChange({ changes, hosts }: NonNullable<RunState['planned']>): string {
  const what =
    changes === 0
      ? 'nothing would change'
      : `${changes === 1 ? '1 change' : `${changes} changes`} on ${counted(hosts)}`
  return `${what}; nothing was changed`
}

/** A thing to do next, and the command for it, to be pasted where the run was started. */
export interface Advice {
  what: string
  command?: string
}

export function advice(run: RunState, isSomebodyOut: boolean): Advice[] {
  const code = run.exitCode
  const live = changesFleet(run.mode)
  const { lockstep, env } = run.invocation
  const chosen = run.chosen === undefined ? {} : { LOCKSTEP_ENVIRONMENT: run.chosen }
  const calls = { lockstep, env: { ...env, ...chosen } }
  return [
    ...(isSomebodyOut && live
      ? [
          {
            what: 'see what is out of rotation, since when, and how it is put back:',
            command: formatCommand('status', calls),
          },
        ]
      : []),
    ...(run.planned === undefined || code !== EXIT.passed
      ? []
      : [
          {
            what: `read ${run.planned.path}; demand exactly that:`,
            command: planCommand(run, run.planned.id),
          },
        ]),
    ...run.recoveries.flatMap((recovery) => waysOn(run, recovery)),
    ...(code === EXIT.invalid
      ? [
          {
            what: 'correct what is named above; this lists the known sentences:',
            command: formatCommand('steps', { lockstep, env: {} }),
          },
        ]
      : []),
  ]
}

/** Returns the ways in which the hosts that are not done get there, without those that could not succeed. */
function waysOn(run: RunState, { uri, path, hosts, isResumable, hasRoom }: Recovery): Advice[] {
  const text = `read ${path}: a feature with the ${hosts === 1 ? 'host that is' : `${hosts} hosts that are`} not done`
  if (!changesFleet(run.mode)) return [{ what: text }]
  return [
    !hasRoom
      ? { what: `${text}. ${TOO_SMALL}` }
      : isPartial(run)
        ? { what: text }
        : { what: `${text}; once they are mended, run it:`, command: commandFor(run, path) },
    ...(isResumable && run.refused?.code !== 'journal-failed'
      ? [{ what: `${hasRoom ? 'or mend' : 'mend'} them, and go on:`, command: resumeCommand(run, uri) }]
      : []),
    ...notBegun(run).map((other) => ({
      what: 'then run what was not begun:',
      command: commandFor(run, other),
    })),
  ]
}

/** Returns the features of this run of which no scenario was begun. */
function notBegun(run: RunState): string[] {
  const all = [...new Set(run.plan.map(({ uri }) => uri))]
  return all.filter(
    (uri) => !run.plan.some((each) => each.uri === uri && run.scenarioRuns.of(each) !== undefined),
  )
}
