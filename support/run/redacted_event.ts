import type { Request } from '../rollout/model/answers'
import { kindOf } from '../sentences/catalogue'
import { redactor, redactorOfOthers, type Redact } from '../system/redaction'
import type { DurableEvent } from './events'

/**
 * Returns a function that redacts secrets in events: in inputs of actions, and in words of hosts, people and features.
 * Names of hosts, versions, obligations and files stay as they are, since later runs and readers go by them.
 */
export function eventRedactor(secrets: readonly string[]): (event: DurableEvent) => DurableEvent {
  if (secrets.length === 0) return (event) => event
  const [redact, hideSaid] = [redactor(secrets), redactorOfOthers(secrets)]
  return (event) => hidden(event, redact, hideSaid)
}

function hidden(event: DurableEvent, redact: Redact, hideSaid: Redact): DurableEvent {
  switch (event.type) {
    case 'asked':
      return { ...event, inputs: withoutSecrets(event.inputs, redact) }
    case 'approved':
      return { ...event, by: hideSaid(event.by) }
    case 'gate ended':
      return event.by === undefined ? event : { ...event, by: hideSaid(event.by) }
    case 'locked':
      return { ...event, reason: hideSaid(event.reason) }
    case 'planned':
      return {
        ...event,
        fates: event.fates.map(({ from, to, hosts }) => ({
          from: hideSaid(from),
          to: to === null ? null : hideSaid(to),
          hosts,
        })),
      }
    case 'line ended':
      return event.message === undefined ? event : { ...event, message: redact(event.message) }
    case 'read':
      return { ...deeply(event, redact), variables: byFeature(event.variables, redact) }
    case 'text':
      return textWithoutSecrets(event, redact)
    default:
      return TEXTS.has(event.type) ? deeply(event, redact) : event
  }
}

/** The events in which every text that is shown may have a secret in it. */
const TEXTS: ReadonlySet<DurableEvent['type']> = new Set([
  'read',
  'began',
  'went on',
  'line',
  'verdict',
  'undone',
  'fault',
  'omission',
  'hook failed',
  'refused',
  'note',
  'recovery',
  'plan saved',
  'drift',
  'truth',
  'rehearsed',
] as const)

/** The fields that readers go by. */
const KEYS = new Set([
  'type',
  'at',
  'run',
  'uri',
  'path',
  'journal',
  'scenarioId',
  'code',
  'id',
  'kind',
  'mode',
  'added',
  'attempted',
  'obligation',
  'host',
  'since',
])

function deeply<T>(value: T, redact: Redact): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map((item: unknown) => deeply(item, redact)) as T
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, item]) => [
    key,
    KEYS.has(key) || isSentence(key, item) ? item : deeply(item, redact),
  ])
  return Object.fromEntries(fields) as T
}

/** Returns whether a text is a sentence of Lockstep's own: whether hosts are judged goes by it, and it has no secret. */
function isSentence(key: string, text: unknown): boolean {
  return key === 'expression' && typeof text === 'string' && kindOf(text) !== undefined
}

/**
 * Hides secrets in the text of a feature, and says so. A value with a secret in it is left out: the next run takes it
 * from where this one did.
 */
function textWithoutSecrets(event: FeatureText, redact: Redact): FeatureText {
  const text = redact(event.text)
  const plain = Object.entries(event.values).filter(([, value]) => redact(value) === value)
  return {
    ...event,
    text,
    values: Object.fromEntries(plain),
    ...(text === event.text ? {} : { hasHidden: true }),
  }
}

type FeatureText = Extract<DurableEvent, { type: 'text' }>

/** Hides secrets in the variables of features. */
function byFeature<T extends Readonly<Record<string, Readonly<Record<string, string>>>>>(
  all: T,
  redact: Redact,
): T {
  return Object.fromEntries(Object.entries(all).map(([uri, named]) => [uri, values(named, redact)])) as T
}

/** Hides secrets in the values of variables of any name. */
function values(named: Readonly<Record<string, string>>, redact: Redact): Record<string, string> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, redact(value)]))
}

function withoutSecrets(inputs: Request['inputs'], redact: Redact): Request['inputs'] {
  const pairs = Object.entries(inputs).map(([name, value]) => {
    const text = redact(String(value))
    return [name, text === String(value) ? value : text] as const
  })
  return Object.fromEntries(pairs)
}
