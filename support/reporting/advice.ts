import { hosts as counted } from '../rollout/model/verdict'
import { changesFleet } from '../run/modes'
import type { RunState } from '../run/run_state'
import type { Recovery } from '../run/run_parts'
import { formatCommand } from '../system/commands'
import { EXIT } from '../system/errors'
import { recoveriesOf } from './recovery'
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
    ...(run.isCutOff && live ? waysOnFromJournal(run, calls) : []),
    ...(code === EXIT.invalid ? [waysToCorrect(run)] : []),
    ...(code === EXIT.unreachable
      ? [
          {
            what: 'look at all that a rollout depends on, and at what mends it:',
            command: formatCommand('doctor', calls),
          },
        ]
      : []),
  ]
}

/** Returns what to do about a run that is INVALID: the command depends on what is wrong. */
function waysToCorrect({ refused, invocation: { lockstep, env } }: RunState): Advice {
  const what = 'correct what is named above'
  switch (refused?.code) {
    case 'bad-config':
      return {
        what: `${what}; this looks at the whole configuration:`,
        command: formatCommand('doctor', { lockstep, env }),
      }
    case 'bad-input':
      return { what: `${what}, and begin again` }
    default:
      return {
        what: `${what}; this lists the known sentences:`,
        command: formatCommand('steps', { lockstep, env: {} }),
      }
  }
}

/** Returns how a run that was killed is carried on: its journal tells which hosts are not done. */
function waysOnFromJournal(run: RunState, calls: Parameters<typeof formatCommand>[1]): Advice[] {
  const written = recoveriesOf(run, '').filter(({ uri }) => run.texts.has(uri))
  const hosts = written.reduce((sum, recovery) => sum + recovery.hosts, 0)
  if (hosts === 0 || run.recoveries.length > 0) return []
  const left = hosts === 1 ? 'the host that is' : `the ${hosts} hosts that are`
  return [
    {
      what: `write the reports again, with a recovery feature for ${left} not done; read it, and run it:`,
      command: formatCommand(`report ${run.id}`, calls),
    },
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
