import type { Redact } from '../system/redaction'
import type { Channel } from './channel'
import { TRY_WITHIN } from './channel_queue'
import { email } from './email'
import type { NotificationChannelSettings, TeamChannelSettings } from './settings'
import { slack } from './slack'
import { topic, type Publish } from './topic'
import { webhook } from './webhook'

/** The means that channels are made with. */
interface Ways {
  /** Reaches topics of the broker. */
  publish: Publish
  /** Takes secrets out of answers. */
  redact: Redact
  /** Makes the channel of a team's extension. */
  ofTeam: (settings: TeamChannelSettings) => Channel
}

/** Makes the channel of settings. */
export function channelOf(settings: NotificationChannelSettings, { publish, redact, ofTeam }: Ways): Channel {
  switch (settings.kind) {
    case 'webhook':
      return webhook(settings, redact)
    case 'slack':
      return slack(settings, redact)
    case 'email':
      return email(settings, TRY_WITHIN)
    case 'topic':
      return topic(settings, publish)
    case 'extension':
      return ofTeam(settings)
  }
}
