import { secretsOf, type Environment } from '../config/environment'
import { activemq } from '../connectors/activemq'
import { publishOnce } from '../connectors/publish'
import { rabbitmq } from '../connectors/rabbitmq'
import type { Extensions } from '../extensions/extensions'
import type { Channel } from '../notifications/channel'
import { channelOf } from '../notifications/channels'
import type { TeamChannelSettings } from '../notifications/settings'
import { teamChannel } from '../notifications/team_channel'
import type { Publish } from '../notifications/topic'
import type { Clock } from '../system/clock'
import { redactorOfOthers, type Redact } from '../system/redaction'
import { expectTeamChannel } from './expect_extensions'

/** Makes the channels of an environment's notifications. @throws LockstepError `bad-config` where no extension has one */
export function makeChannels(
  environment: Environment,
  clock: Clock,
  ofTeam: Extensions['channels'] = new Map(),
): Channel[] {
  const redact = redactorOfOthers(secretsOf(environment))
  const ways = {
    publish: publisher(environment, clock, redact),
    redact,
    ofTeam: (settings: TeamChannelSettings) =>
      teamChannel(settings, expectTeamChannel(settings, ofTeam), redact),
  }
  return environment.notifications.map((settings) => channelOf(settings, ways))
}

function publisher(environment: Environment, clock: Clock, redact: Redact): Publish {
  const { connector, ...options } = environment
  const naming = connector === 'activemq' ? activemq : rabbitmq
  return (destination, body, signal) =>
    publishOnce({ ...options, naming, clock, redact }, destination, Buffer.from(body), signal)
}
