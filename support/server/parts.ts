import { randomUUID } from 'node:crypto'
import type { BusBroker } from '../config/bus_broker'
import type { RecordedPipelineEvent } from '../pipeline/events'
import { drainSpool } from '../pipeline/drain_spool'
import { BuildRequests } from '../pipeline/build_requests'
import { Spool } from '../pipeline/spool'
import { takeRequests } from '../pipeline/take_requests'
import { openWorker } from '../pipeline/worker'
import { runCommand } from '../system/command'
import { LockstepError } from '../system/errors'
import { busPart } from './bus_part'
import { lookEachSecond, troubleOf } from './loops'
import type { Part, PartContext } from './part'
import { runnersPart } from './runners_part'

/** Takes the pushes that hooks have left in the spool. A spool that cannot be used is said once, until it can be again. */
const spool: Part = {
  name: 'spool',
  async run(context) {
    const { repositories, spool: path } = context.settings
    // The revisions of Subversion have a spool of their own.
    const hooked = repositories.some(
      ({ svn, triggers }) => svn === undefined && triggers.some(({ kind }) => kind === 'hook'),
    )
    if (!hooked) return
    const from = new Spool(path)
    await lookEachSecond(context, () => drain(from, context))
  },
}

/** Returns what is wrong with the spool. @throws LockstepError `journal-failed` */
async function drain(
  from: Spool,
  {
    settings,
    receiver,
    clock,
    log,
    redact,
  }: Pick<PartContext, 'settings' | 'receiver' | 'clock' | 'log' | 'redact'>,
): Promise<string | undefined> {
  let trouble: string | undefined
  try {
    for (const drained of await drainSpool(from, settings.repositories, receiver)) {
      const { name, became } = drained
      if (became === 'stuck') trouble ??= `the spool: ${name} ${drained.why}`
      else if (became === 'refused') log.warn({ name, why: redact(drained.why) }, 'push in the spool refused')
      else log.info({ delivery: drained.delivery, teller: 'hook', isNew: became === 'taken' }, 'push taken')
    }
    from.recover(clock.now())
    return trouble
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'bad-config') return error.message
    // The disk of the spool, and not the journal: what waits there is still there.
    if (!(error instanceof LockstepError) && 'code' in Object(error))
      return `the spool: ${(error as Error).message}`
    throw error
  }
}

/** The events that give a worker something to do. */
const WAKES: ReadonlySet<RecordedPipelineEvent['type']> = new Set([
  'push taken',
  'build asked for',
  'report taken',
])

/** Asks repositories for what was pushed, and builds it. */
const builds: Part = {
  name: 'builds',
  async run({ settings, state, pipeline, clock, log, redact, signal }) {
    const worker = openWorker({
      log: pipeline,
      repositories: settings.repositories,
      spool: settings.spool,
      state,
      clock,
      run: runCommand,
      env: process.env,
      newId: randomUUID,
      onTrouble: (sentence) => log.warn(redact(sentence)),
    })
    const stop = pipeline.onEvent((event) => {
      if (WAKES.has(event.type)) worker.wake()
      if (event.type !== 'push taken') log.info(redacted(event, redact), event.type)
    })
    try {
      await worker.work(signal)
    } finally {
      stop()
    }
  },
}

function redacted(event: object, redact: PartContext['redact']): object {
  return Object.fromEntries(
    Object.entries(event)
      .filter(([name]) => name !== 'type' && name !== 'at')
      .map(([name, value]): [string, unknown] => [name, typeof value === 'string' ? redact(value) : value]),
  )
}

/** Takes what people ask for with `lockstep pipeline --again`. */
const requests: Part = {
  name: 'requests',
  async run(context) {
    const { settings, state, pipeline, log } = context
    const from = new BuildRequests(state)
    const kinds = new Map(settings.repositories.map(({ name, build }) => [name, build?.kind]))
    const take = async () => {
      from.open()
      for (const refused of await takeRequests(from, pipeline, (repository) => kinds.get(repository)))
        log.warn(`a request for a build: ${refused}`)
    }
    await lookEachSecond(context, () => troubleOf('requests for builds', take))
  },
}

/** Returns the parts beside the triggers over HTTP. The bus comes first: it has to know where the journals began. */
export function partsWith(
  bus: BusBroker | undefined,
  repositories: PartContext['settings']['repositories'] = [],
): readonly Part[] {
  const hasRunners = repositories.some(({ build }) => build?.kind === 'runners')
  return [
    ...(bus === undefined ? [] : [busPart(bus)]),
    ...(bus !== undefined && hasRunners ? [runnersPart(bus)] : []),
    spool,
    builds,
    requests,
  ]
}
