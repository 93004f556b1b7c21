import { lookup } from 'node:dns/promises'
import type { Environment } from '../../config/environment'
import { roadsOf, type RoadInPlace } from '../../config/road_places'
import { brokerName, type BrokerAddress } from '../../connectors/stomp/broker'
import type { openNatsSession } from '../../connectors/nats/session'
import { openSession } from '../../connectors/stomp/session'
import { secretsOf } from '../../config/environment'
import { LockstepError } from '../../system/errors'
import { redactorOfOthers } from '../../system/redaction'
import { readCertificate, type ShownCertificate } from '../broker_certificate'
import { fail, ok, warn, type Check, type Finding } from '../check'
import { whereIsBroker, whereIsSecretOf } from '../places'
import type { Subject } from '../subject'

const WITHIN_MS = 5_000
/** Milliseconds before the end of a certificate from which on it is told: a month. */
const ENDS_SOON_MS = 30 * 86_400_000

/** Looks whether each broker can be found, reached, trusted and logged in to. */
export const broker: Check = {
  name: 'broker',
  limitMs: 20_000,
  look: lookAtBrokers,
}

/** Looks at each broker, once for all checks. */
export function lookAtBrokers(subject: Subject): Promise<readonly Finding[]> {
  return subject.once('brokers', async () => {
    const environment = await subject.environment()
    return Promise.all(
      roadsOf(environment).flatMap((road) =>
        road.road.brokers.map((each, index) => lookAt(each, { index, road }, environment, subject)),
      ),
    )
  })
}

async function lookAt(
  broker: BrokerAddress,
  { index, road }: { index: number; road: RoadInPlace },
  environment: Environment,
  subject: Subject,
): Promise<Finding> {
  const name = brokerName(broker)
  const where = (key: string) => whereIsBroker(index, road, environment, subject, key)
  try {
    await lookup(broker.host)
  } catch {
    return fail(`the name of the broker ${name} cannot be resolved`, `look at ${where('host')}`)
  }
  let secured = 'without TLS'
  if (broker.tls !== undefined) {
    const shown = await certificateOf(broker, broker.tls, road.road.connector === 'nats')
    const judged =
      typeof shown === 'string'
        ? fail(`the broker ${name}: ${shown}`, `look at ${where('port')}`)
        : judgeCertificate(shown, broker, subject.clock.now(), where)
    if (judged.state !== 'ok') return judged
    secured = judged.what
  }
  const { connectWithin, heartBeat } = environment
  const { road: settings, identity } = road
  const common = {
    broker,
    connectWithin: Math.min(connectWithin, WITHIN_MS),
    heartBeat,
    clock: subject.clock,
    onMessage: () => {},
    redact: redactorOfOthers(secretsOf(environment)),
  }
  try {
    const session =
      settings.connector === 'nats'
        ? await openNats({ ...common, name: identity, subscriptions: [] }, subject.signal)
        : await openSession({ ...common, virtualHost: settings.virtualHost }, subject.signal)
    await session.close()
    return ok(`${name} takes our ${settings.connector === 'nats' ? 'certificate' : 'login'}, ${secured}`)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const isRefused = error.code === 'broker-refused'
    if (isRefused && settings.connector === 'nats')
      return fail(error.message, `look at ${whereIsSecretOf(road, environment, subject)}`)
    return fail(error.message, `look at ${where(isRefused ? 'password' : 'host')}`)
  }
}

const openNats: typeof openNatsSession = (options, signal) =>
  (
    require('../../connectors/nats/session') as typeof import('../../connectors/nats/session')
  ).openNatsSession(options, signal)

/** Judges what a broker shows. `where` gives the place of a setting of the broker. */
export function judgeCertificate(
  { validTo, name, fault }: ShownCertificate,
  broker: BrokerAddress,
  now: number,
  where: (key: string) => string,
): Finding {
  const called = `the certificate of the broker ${brokerName(broker)}`
  const until = validTo?.toISOString().slice(0, 10) ?? 'no day that it tells'
  if (fault === 'CERT_HAS_EXPIRED' || (validTo !== undefined && validTo.getTime() < now))
    return fail(`${called} has expired on ${until}`, 'renew it on the broker')
  if (fault === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return fail(
      `${called} is for ${name}, and not for ${broker.host}`,
      `write a name of it: ${where('host')}`,
    )
  if (fault !== undefined && broker.tls?.verify !== false)
    return fail(`${called} is not trusted (${fault})`, `name who has signed it: ${where('tls.ca')}`)
  if (fault !== undefined)
    return warn(
      `${called} is not checked (${fault}): any program may pose as the broker`,
      `look at ${where('tls.ca')}`,
    )
  if (validTo !== undefined && validTo.getTime() < now + ENDS_SOON_MS)
    return warn(`${called} expires on ${until}`, 'renew it on the broker')
  return ok(`TLS until ${until}`)
}

async function certificateOf(
  broker: BrokerAddress,
  tls: NonNullable<BrokerAddress['tls']>,
  greets: boolean,
): Promise<ShownCertificate | string> {
  try {
    return await readCertificate(broker, tls, WITHIN_MS, greets)
  } catch (error) {
    return `there is no TLS to be had: ${(error as Error).message.split('\n')[0] ?? ''}`
  }
}
