import type { TeamOptions } from '../system/team_options'
import type { EventName } from './event'

/**
 * The settings of one channel that notifications go to, resolved: files are read, secrets are here, defaults are filled in.
 */
export type NotificationChannelSettings =
  WebhookSettings | SlackSettings | EmailSettings | TopicSettings | TeamChannelSettings

interface CommonSettings {
  on: readonly EventName[]
  /** The template of what is sent instead of the usual text; see template.ts. */
  template?: string
  /** The texts among these settings that must not appear in any log, report or error. */
  secrets: readonly string[]
}

export interface WebhookSettings extends CommonSettings {
  kind: 'webhook'
  url: string
  /** The token that is sent as `Authorization: Bearer`. */
  bearer?: string
  /** The key that signs the body, in `X-Lockstep-Signature: sha256=<hex>`. */
  hmac?: string
  /** The PEM of trusted authorities; without it the system's are trusted. */
  ca?: string
}

export interface SlackSettings extends CommonSettings {
  kind: 'slack'
  url: string
  ca?: string
}

export interface EmailSettings extends CommonSettings {
  kind: 'email'
  server: string
  port: number
  from: string
  to: readonly string[]
  login?: { user: string; password: string }
  tls: 'starttls' | 'implicit' | 'none'
  ca?: string
}

export interface TopicSettings extends CommonSettings {
  kind: 'topic'
  destination: string
}

/** A channel that an extension of a team has. */
export interface TeamChannelSettings extends Omit<CommonSettings, 'template'> {
  kind: 'extension'
  name: string
  /** The place where it is configured, `path:line`. */
  where: string
  options: TeamOptions
}
