import type {
  EmailSettings,
  NotificationChannelSettings,
  SlackSettings,
  WebhookSettings,
} from '../notifications/settings'
import { LockstepError } from '../system/errors'
import type { TeamOptions } from '../system/team_options'
import { readConfigFile } from './files'
import type { WrittenNotifications } from './notifications_schema'
import type { SecretSetting } from './secrets'

export { notificationsSchema } from './notifications_schema'

/** The context that settings of a channel are resolved with. */
interface Resolving {
  /** The place of the channel, `path:line`. */
  where: string
  at: (relative: string) => string
  /** Reads the text of a secret. `what` makes the sentence of an error. */
  read: (from: SecretSetting, what: string) => string
  /** Reads the options of a team's code. */
  readOptions: (written: TeamOptions) => { options: TeamOptions; secrets: readonly string[] }
  warnings: string[]
}

type Written = WrittenNotifications[number]
type Of<Kind extends string> = Extract<Written, Record<Kind, unknown>>

/**
 * Resolves the `notifications` of an environment: secrets and files are read.
 * @throws LockstepError `bad-config`
 */
export function resolveNotifications(
  written: WrittenNotifications,
  resolving: (index: number) => Resolving,
): NotificationChannelSettings[] {
  return written.map((settings, index) => {
    if ('channel' in settings) return teamChannel(settings, resolving(index))
    const { on, template } = settings
    return { ...channel(settings, resolving(index)), on, ...(template === undefined ? {} : { template }) }
  })
}

function teamChannel(
  settings: Of<'channel'>,
  { where, readOptions }: Resolving,
): NotificationChannelSettings {
  const { channel: name, on } = settings
  return { kind: 'extension', name, on, where, ...readOptions(settings.with) }
}

function channel(
  settings: Exclude<Written, Of<'channel'>>,
  resolving: Resolving,
): NotificationChannelSettings {
  if ('webhook' in settings) return webhook(settings, resolving)
  if ('slack' in settings) return slack(settings, resolving)
  if ('email' in settings) return email(settings, resolving)
  return { kind: 'topic', destination: settings.topic, on: settings.on, secrets: [] }
}

function webhook(settings: Of<'webhook'>, resolving: Resolving): WebhookSettings {
  const { webhook: address, on } = settings
  const url = urlOf(
    'url' in address ? address.url : resolving.read(address, 'address of the webhook'),
    resolving,
  )
  const secret = (from: SecretSetting | undefined, what: string) =>
    from === undefined ? undefined : resolving.read(from, `${what} of the webhook`)
  const [bearer, hmac] = [secret(settings.bearer, 'bearer secret'), secret(settings.hmac, 'hmac secret')]
  if (bearer !== undefined && !/^[\x21-\x7e]+$/.test(bearer))
    throw fault(
      resolving,
      'the bearer secret of the webhook is nothing that a header can carry; expected one word',
    )
  return {
    kind: 'webhook',
    url,
    on,
    secrets: [...('url' in address ? [] : secretPartsOf(url)), bearer, hmac].flatMap((text) => text ?? []),
    ...(bearer === undefined ? {} : { bearer }),
    ...(hmac === undefined ? {} : { hmac }),
    ...authorities(settings, resolving),
  }
}

function slack(settings: Of<'slack'>, resolving: Resolving): SlackSettings {
  const url = urlOf(resolving.read(settings.slack, 'address of the slack channel'), resolving)
  const secrets = secretPartsOf(url)
  return { kind: 'slack', url, on: settings.on, secrets, ...authorities(settings, resolving) }
}

const PORTS = { starttls: 587, implicit: 465, none: 25 }

function email(settings: Of<'email'>, resolving: Resolving): EmailSettings {
  const { server, from, to, tls, user, password } = settings.email
  if ((user === undefined) !== (password === undefined))
    throw fault(resolving, `for email by ${server} there is one of user and password; expected both or none`)
  const secret = password === undefined ? undefined : resolving.read(password, `password of ${server}`)
  if (secret !== undefined && tls === 'none')
    resolving.warnings.push(
      `the password for ${server} goes there unencrypted; set tls: starttls or implicit`,
    )
  return {
    kind: 'email',
    server,
    port: settings.email.port ?? PORTS[tls],
    from,
    to,
    tls,
    on: settings.on,
    secrets: secret === undefined ? [] : [secret],
    ...(user === undefined || secret === undefined ? {} : { login: { user, password: secret } }),
    ...authorities(settings, resolving),
  }
}

function authorities({ ca }: { ca?: string | undefined }, { at, where }: Resolving): { ca?: string } {
  return ca === undefined ? {} : { ca: readConfigFile(at(ca), 'CA certificate', where) }
}

/**
 * Returns the address in the form that it is used in. An error shows nothing of a text that is none: it may be a
 * secret.
 */
function urlOf(text: string, resolving: Resolving): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hash !== '')
    throw fault(resolving, 'the address of a notification channel is none; expected https://host/path')
  if (url.username !== '' || url.password !== '')
    throw fault(resolving, `the address of ${url.host} holds user or password; expected bearer: beside it`)
  if (url.protocol === 'http:' && !/^(127\.[\d.]+|localhost|\[::1\])$/.test(url.hostname))
    resolving.warnings.push(`notifications go to ${url.host} unencrypted; use https`)
  return url.href
}

/**
 * Characters of a hidden part at least. Shorter parts are no secrets, and hiding them would tear holes into other
 * texts.
 */
const PART_AT_LEAST = 8

function secretPartsOf(url: string): string[] {
  const { pathname, search } = new URL(url)
  const parts = new Set([url, `${pathname}${search}`, pathname, search])
  return [...parts].filter((part) => part.length >= PART_AT_LEAST)
}

function fault({ where }: Resolving, sentence: string): LockstepError {
  return new LockstepError('bad-config', `${where}: ${sentence}`)
}
