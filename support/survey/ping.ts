import { liveEnvironment } from '../composition/environments'
import { parameterValues } from '../preflight/parameter_values'
import type { Selection } from '../rollout/ports'
import type { RunSurroundings } from '../run/parameters'
import type { Clock } from '../system/clock'
import { EXIT } from '../system/errors'
import type { TellWait } from '../system/wait'
import { NOTHING_ASKED } from './find_hosts'
import { surveyFleet, type Survey } from './survey'

/** The hosts that are asked, as a person writes them: those of an environment with all of these classes and facts. */
export interface PingAsked {
  classes?: readonly string[]
  facts?: readonly string[]
}

/**
 * Asks the hosts of an environment who they are, and judges it. Failures are an expected host that is silent, a host
 * that does not tell what runs on it, and a message that cannot be believed.
 * @throws LockstepError `bad-config`, `bad-feature` for a class or fact that cannot be, or what keeps the broker from being used
 */
export async function ping(
  { classes = [], facts = [] }: PingAsked,
  context: RunSurroundings,
  cwd: string,
  options: { clock: Clock; signal: AbortSignal; tellWait: TellWait },
): Promise<{ survey: Survey; exitCode: number }> {
  const selection: Selection = {
    ...NOTHING_ASKED,
    classes: classes.map(parameterValues.class),
    facts: facts.map(parameterValues.fact),
  }
  const environment = liveEnvironment({}, context, cwd)
  const survey = await surveyFleet(environment, selection, options)
  return { survey, exitCode: judgeSurvey(survey) }
}

/** Returns the exit status of a survey. */
export function judgeSurvey({ hosts, silent, messages }: Survey): number {
  if (hosts.length === 0) return EXIT.noHosts
  const isOdd = silent.length > 0 || messages.some(({ fails }) => fails)
  return isOdd || hosts.some(({ trouble }) => trouble !== undefined) ? EXIT.failed : EXIT.passed
}
