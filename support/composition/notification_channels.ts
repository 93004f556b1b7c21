import { secretsOf, type Environment } from '../config/environment'
import { expectStompRoad } from '../config/road_places'
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
  // A topic without a broker of its own is told before anything is done, and not once it is to be published.
  for (const settings of environment.notifications)
    if (settings.kind === 'topic') expectStompRoad(environment, `the notification ${settings.destination}`)
  return environment.notifications.map((settings) => channelOf(settings, ways))
}

function publisher(environment: Environment, clock: Clock, redact: Redact): Publish {
  return (destination, body, signal) => {
    const { road, identity } = expectStompRoad(environment, `the notification ${destination}`)
    const naming = road.connector === 'activemq' ? activemq : rabbitmq
    const options = { ...environment, ...road, identity, naming, clock, redact }
    return publishOnce(options, destination, Buffer.from(body), signal)
  }
}
