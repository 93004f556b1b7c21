import { HaproxyBackend } from '../../balancers/haproxy/backend'
import { command, placeOf, type RuntimeAddress } from '../../balancers/haproxy/runtime'
import { titleOf } from '../../balancers/team/balancer'
import type { Member } from '../../balancers/team/team_balancer'
import { guardedBalancer } from '../../composition/balancers'
import type { Environment } from '../../config/environment'
import { formatLockstep, PLACES } from '../../system/commands'
import { LockstepError } from '../../system/errors'
import { fail, notChecked, ok, warn, type Check, type Finding } from '../check'
import { NotChecked } from '../not_checked'
import type { Subject } from '../subject'
import type { TeamFeatures } from '../team_features'

const WITHIN_MS = 3_000
/** The most milliseconds that a team's code may take to tell its members: a person waits for it. */
const MEMBERS_WITHIN_MS = 10_000
/** The levels of a runtime socket. Orders need the last one. */
const LEVELS: ReadonlySet<string> = new Set(['operator', 'user', 'admin'])
const MEND = 'mend haproxy of the environment in lockstep.yaml, or "stats socket" of HAProxy'

/**
 * Looks whether each HAProxy answers, takes orders, and has the backends that features name. Balancers of a team are
 * asked for their members.
 */
export const balancers: Check = {
  name: 'balancers',
  limitMs: 25_000,
  async look(subject) {
    const environment = await subject.environment()
    const { haproxy, balancers: ofTeam } = environment
    const { backends } = await subject.features()
    const extended = ofTeam.length === 0 ? [] : await lookAtTeam(environment, subject)
    const [named] = backends
    if (haproxy.length === 0)
      return named === undefined
        ? extended.length > 0
          ? extended
          : [notChecked('no HAProxy is configured, and no feature names one')]
        : [
            ...extended,
            fail(
              `${named.uri}:${named.line} names the backend ${named.backend}, and no HAProxy is configured`,
              'write its runtime socket into the environment in lockstep.yaml, such as:',
              'haproxy: [{ socket: /run/haproxy/admin.sock }]',
            ),
          ]
    const found = await Promise.all(haproxy.map((address) => lookAt(address, backends)))
    return [...extended, ...found.flat()]
  },
}

/** Asks the balancers of a team for their members. What the code of a team does beside that is not known. */
async function lookAtTeam(environment: Environment, subject: Subject): Promise<Finding[]> {
  const extensions = await subject.extensions().catch((error: unknown) => {
    if (error instanceof LockstepError)
      throw new NotChecked('the extensions cannot be loaded', { cause: error })
    throw error
  })
  const hosts = subject.survey().then(
    ({ hosts: found }) => (found.length === 0 ? undefined : found.map(({ host }) => host)),
    () => undefined,
  )
  return Promise.all(
    environment.balancers.map(async (settings): Promise<Finding> => {
      const within = Math.min(settings.within, MEMBERS_WITHIN_MS)
      const expectMayOrder = (what: string) => {
        throw new Error(`${what} was about to be ordered, and nothing may be changed`)
      }
      try {
        const code = guardedBalancer(environment, { ...settings, within }, { extensions, expectMayOrder })
        return judgeMembers(
          titleOf(settings.kind, settings.backend),
          [...(await code.members()).values()],
          await hosts,
        )
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error
        return fail(error.message, `mend its code, or its lines in lockstep.yaml (${settings.where})`)
      }
    }),
  )
}

/**
 * Judges the members of a team's pool as the servers of HAProxy are. A member that goes by another name than the host
 * could never be taken out. `hosts` are those that answer; undefined where they are not known.
 */
export function judgeMembers(
  title: string,
  members: readonly Pick<Member, 'host' | 'state'>[],
  hosts: readonly string[] | undefined,
): Finding {
  const serving = members.filter(({ state }) => state === 'serving').length
  const what = `${title} has ${serving} of ${members.length} hosts in service`
  if (serving === 0) return fail(what, 'look at its health checks, and at what is taken out')
  if (hosts === undefined || members.some(({ host }) => hosts.includes(host))) return ok(what)
  const [one] = members
  return warn(
    `${what}, and no host answers by the name of any, such as ${one?.host}`,
    'name members as hosts answer discoveries:',
    formatLockstep('ping', PLACES),
  )
}

async function lookAt(address: RuntimeAddress, backends: TeamFeatures['backends']): Promise<Finding[]> {
  const place = placeOf(address)
  try {
    const level = (await command(address, 'show cli level', WITHIN_MS)).trim()
    const findings: Finding[] = []
    if (!LEVELS.has(level))
      findings.push(notChecked(`HAProxy at ${place} does not tell the level of this socket`))
    else if (level !== 'admin')
      findings.push(
        fail(
          `HAProxy at ${place} takes no orders on this socket, whose level is ${level}`,
          `write "level admin" behind it in "stats socket" of HAProxy`,
        ),
      )
    if (backends.length === 0)
      return [...findings, notChecked(`HAProxy at ${place} answers; no feature here names a backend of it`)]
    for (const backend of backends) findings.push(await lookAtBackend(address, backend))
    return findings
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return [fail(error.message, MEND)]
  }
}

async function lookAtBackend(
  address: RuntimeAddress,
  { backend, uri, line }: TeamFeatures['backends'][number],
): Promise<Finding> {
  try {
    const { servers } = await new HaproxyBackend(address, backend, WITHIN_MS).read()
    const serving = [...servers.values()].filter(({ inService }) => inService).length
    const what = `${placeOf(address)}: the backend ${backend} has ${serving} of ${servers.size} servers in service`
    return serving > 0 ? ok(what) : fail(what, 'look at its health checks, and at what is in maintenance')
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return fail(`${error.message}; ${uri}:${line} names it`, MEND)
  }
}
