import { LockstepError } from '../../system/errors'

/**
 * The broker's error that it has no exchange of this name. No other try can be better, and no host has received the
 * message.
 */
export class MissingExchange extends LockstepError {}

/**
 * Returns the error that RabbitMQ means when it ends a session over a message or a subscription. Its ERROR frame says
 * `NOT_FOUND - no exchange 'mcollective_broadcast' in vhost '/mcollective'`. Undefined for other words.
 */
export function missingExchange(broker: string, said: string): MissingExchange | undefined {
  const [, name, vhost] = /no exchange '([^'\p{Cc}]{1,100})' in vhost '([^'\p{Cc}]{1,100})'/u.exec(said) ?? []
  if (name === undefined || vhost === undefined) return undefined
  const collective = /^(.+)_(?:broadcast|directed)$/.exec(name)?.[1]
  const needs =
    collective === undefined
      ? ''
      : `; MCollective needs ${collective}_broadcast (of type topic) and ${collective}_directed (of type direct) there`
  return new MissingExchange(
    'broker-refused',
    `the broker ${broker} has no exchange ${name} in its virtual host ${vhost}${needs}. Declare it, or name the collective and virtual host that have it`,
  )
}
