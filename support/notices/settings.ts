import type { EventName } from './event'

/** One channel that notices go to, resolved: files are read, secrets are here, defaults are filled in. */
export type NoticeChannelSettings = WebhookSettings | SlackSettings | EmailSettings | TopicSettings

interface CommonSettings {
  on: readonly EventName[]
  /** What is sent instead of what is usual; see template.ts. */
  template?: string
  /** Texts among these settings that must not appear in any log, report or error. */
  secrets: readonly string[]
}

export interface WebhookSettings extends CommonSettings {
  kind: 'webhook'
  url: string
  /** Sent as `Authorization: Bearer`. */
  bearer?: string
  /** Signs the body, in `X-Lockstep-Signature: sha256=<hex>`. */
  hmac?: string
  /** PEM; without it the system's authorities are trusted. */
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
