import type { Channel } from './channel'
import { TRY_WITHIN } from './channel_queue'
import { email } from './email'
import type { NoticeChannelSettings } from './settings'
import { slack } from './slack'
import { topic, type Publish } from './topic'
import { webhook } from './webhook'

/** The channel that settings mean; `publish` is how topics of the broker are reached. */
export function channelOf(settings: NoticeChannelSettings, publish: Publish): Channel {
  switch (settings.kind) {
    case 'webhook':
      return webhook(settings)
    case 'slack':
      return slack(settings)
    case 'email':
      return email(settings, TRY_WITHIN)
    case 'topic':
      return topic(settings, publish)
  }
}
