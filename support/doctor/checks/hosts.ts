import { clean, hosts as counted } from '../../rollout/model/verdict'
import { foldHosts } from '../../rollout/model/fold_hosts'
import type { Environment } from '../../config/environment'
import type { Survey } from '../../survey/survey'
import { formatLockstep, PLACES } from '../../system/commands'
import { LockstepError } from '../../system/errors'
import { fail, ok, warn, type Check, type Finding } from '../check'
import { NotChecked } from '../not_checked'
import { kindOfSecret } from '../places'
import type { Probe } from '../probe'
import { lookAtBrokers } from './broker'

/** Looks which hosts answer as they would to a rollout, and whether those are the expected ones. */
export const hosts: Check = {
  name: 'hosts',
  limitMs: 25_000,
  async look(subject) {
    const environment = await subject.environment()
    try {
      return judgeHosts(await subject.survey(), await subject.probe(), environment)
    } catch (error) {
      return [judgeNotAsked(error, await lookAtBrokers(subject), environment)]
    }
  },
}

/**
 * Judges why hosts could not be asked: a broker that takes our login may still refuse our requests.
 * @throws `error` where the brokers themselves are at fault, as their check says
 */
export function judgeNotAsked(
  error: unknown,
  brokers: readonly Finding[],
  { collective }: Pick<Environment, 'collective'>,
): Finding {
  if (!(error instanceof NotChecked) || !(error.cause instanceof LockstepError)) throw error
  if (brokers.every(({ state }) => state === 'fail')) throw error
  const { code, message } = error.cause
  if (code === 'bad-config' || code === 'bad-input') return fail(message, 'mend the inventory')
  return fail(
    `the broker takes our login, and hosts cannot be asked: ${message}`,
    `look whether it has the collective ${collective}, and lets our user write and read there`,
  )
}

/** Judges the hosts that answer. A host that only the probe has heard is there, and no rollout would find it. */
export function judgeHosts(
  { hosts: there, expected, silent, unexpected, messages }: Survey,
  { heard }: Probe,
  environment: Pick<Environment, 'collective' | 'identity' | 'road'>,
): Finding[] {
  const found = new Set(there.map(({ host }) => host))
  const hidden = [...heard.keys()].filter((host) => !found.has(host))
  const lost = silent.filter((host) => !heard.has(host))
  const odd = messages.filter(({ fails, host }) => fails && !heard.has(host))
  const findings: Finding[] = []
  if (there.length === 0 && heard.size === 0)
    findings.push(silence(environment.collective, kindOfSecret(environment), lost))
  else if (lost.length > 0)
    findings.push(
      fail(
        `expected and silent: ${foldHosts(lost).join(', ')}`,
        'look whether the daemon runs there, at its log and at its clock',
      ),
    )
  if (hidden.length > 0)
    findings.push(
      fail(
        `there, and not to be found by a rollout: ${foldHosts(hidden).join(', ')}`,
        'mend what clocks and secret say of them',
      ),
    )
  for (const { host, detail } of odd.slice(0, MAX_ODD))
    findings.push(fail(`${clean(host)}: ${clean(detail)}`, 'look at the daemon of this host'))
  if (unexpected.length > 0)
    findings.push(
      warn(
        `answer and are not in the inventory: ${foldHosts(unexpected).join(', ')}`,
        'add them to the inventory, or end their daemons',
      ),
    )
  if (findings.some(({ state }) => state === 'fail')) return findings
  const missed =
    expected === undefined
      ? warn(
          `${counted(there.length)} answer${there.length === 1 ? 's' : ''}; no inventory says which should, so a host that is down is not noticed`,
          'name one in the environment in lockstep.yaml, such as:',
          'inventory: [hosts.csv]',
        )
      : ok(`all ${counted(expected.length)} of the inventory answer`)
  return [...findings, missed]
}

const MAX_ODD = 5

function silence(collective: string, kind: string, lost: readonly string[]): Finding {
  const which =
    lost.length === 0 ? 'no host answers' : `none of ${counted(lost.length)} of the inventory answers`
  return fail(
    `${which} in the collective ${collective}: no daemon listens there, or all refuse our ${kind}`,
    `look whether a daemon runs, and into its log; compare collective and ${kind} with its server.cfg; then:`,
    formatLockstep('ping', PLACES),
  )
}
