import type { PackagesSettings } from '../config/packages_setting'
import { drainAnnouncements } from '../pipeline/drain_announcements'
import { Refresher, type Refreshes } from '../pipeline/refresher'
import { openAnnouncements } from '../pipeline/spool'
import { LockstepError } from '../system/errors'
import { lookAfterEvents, lookEachSecond } from './loops'
import type { Part, PartContext } from './part'

/**
 * Returns the parts that take what package repositories announce, and have hosts refresh their lists: one for each package
 * repository and environment, so that a fleet that cannot be asked keeps no other waiting.
 */
export function packageParts(packages: readonly PackagesSettings[], fleets: Refreshes): Part[] {
  if (packages.length === 0) return []
  const refreshing = packages.flatMap((each) =>
    each.environments.map((environment) => refreshPart(each, environment, fleets)),
  )
  return [announcementsPart(packages), ...refreshing]
}

function announcementsPart(known: readonly PackagesSettings[]): Part {
  return {
    name: 'announcements',
    run: (context) => lookEachSecond(context, () => drain(known, context)),
  }
}

/** Returns what is wrong with the spool. @throws LockstepError `journal-failed` */
async function drain(
  known: readonly PackagesSettings[],
  { settings, pipeline, clock, log, redact }: PartContext,
): Promise<string | undefined> {
  const from = openAnnouncements(settings.spool)
  let trouble: string | undefined
  try {
    for (const drained of await drainAnnouncements(from, known, pipeline)) {
      const { name, became } = drained
      if (became === 'stuck') trouble ??= `the spool: ${name} ${drained.why}`
      else if (became === 'refused')
        log.warn({ name, why: redact(drained.why) }, 'announcement in the spool refused')
      else log.info({ ...drained, name: undefined }, 'announcement')
    }
    from.recover(clock.now())
    return trouble
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'bad-config') return error.message
    if (!(error instanceof LockstepError) && 'code' in Object(error))
      return `the spool ${from.path}: ${(error as Error).message}`
    throw error
  }
}

function refreshPart({ name, hostClass }: PackagesSettings, environment: string, fleets: Refreshes): Part {
  return {
    name: `package lists of ${name} in ${environment}`,
    run(context) {
      const { pipeline, clock, log, redact } = context
      const refresher = new Refresher({
        repository: name,
        environment,
        hostClass,
        log: pipeline,
        fleets,
        clock,
        onTrouble: (sentence) => log.warn(redact(sentence)),
      })
      return lookAfterEvents(context, ['packages announced'], (signal) => refresher.look(signal))
    },
  }
}
