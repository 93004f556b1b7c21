import type { Redact } from '../system/redaction'
import type { Channel } from './channel'
import { TRY_WITHIN } from './channel_queue'
import { email } from './email'
import type { NotificationChannelSettings } from './settings'
import { slack } from './slack'
import { topic, type Publish } from './topic'
import { webhook } from './webhook'

/** Makes the channel of settings; `publish` reaches topics of the broker, and `hide` takes secrets out of answers. */
export function channelOf(settings: NotificationChannelSettings, publish: Publish, redact: Redact): Channel {
  switch (settings.kind) {
    case 'webhook':
      return webhook(settings, redact)
    case 'slack':
      return slack(settings, redact)
    case 'email':
      return email(settings, TRY_WITHIN)
    case 'topic':
      return topic(settings, publish)
  }
}
