import * as v from 'valibot'
import { EVENTS } from '../notifications/event'
import { jsonTemplateFault, templateFault } from '../notifications/template'
import { kindMeant, allowKnownKeys } from './known_keys'
import { optionsSchema } from './team_options'
import { PLACES, secret, SECRET_PLACES, unwritten } from './secrets'

const path = v.pipe(v.string(), v.minLength(1, 'a path'))
const ADDRESS = `where it is: {url: https://…}, ${PLACES}`
const address = v.pipe(
  unwritten(ADDRESS),
  v.union([...SECRET_PLACES, allowKnownKeys({ url: v.pipe(v.string(), v.minLength(1)) })], ADDRESS),
)
const mailbox = v.pipe(
  v.string('an email address'),
  v.regex(/^[^\s<>,;:"@]+@[^\s<>,;:"@]+$/, 'an email address such as deploys@example.net'),
)
const text = templateThat(templateFault)
const json = templateThat(jsonTemplateFault)
const on = v.optional(
  v.pipe(
    v.array(v.picklist(EVENTS, `events among: ${EVENTS.join(', ')}`), `a list of: ${EVENTS.join(', ')}`),
    v.minLength(1, 'at least one event'),
  ),
  [...EVENTS],
)
const common = { on, ca: v.optional(path) }

const webhook = allowKnownKeys({
  webhook: address,
  bearer: v.optional(secret),
  hmac: v.optional(secret),
  template: v.optional(json),
  ...common,
})
const slack = allowKnownKeys({ slack: secret, template: v.optional(text), ...common })
const email = allowKnownKeys({
  email: allowKnownKeys({
    server: v.pipe(v.string(), v.regex(/^[\w.:-]+$/, 'a host name or address')),
    port: v.optional(v.pipe(v.number('a port number'), v.integer(), v.minValue(1), v.maxValue(65_535))),
    from: mailbox,
    to: v.pipe(
      v.array(mailbox, 'a list of email addresses'),
      v.minLength(1, 'at least one'),
      v.maxLength(50),
    ),
    user: v.optional(v.pipe(v.string(), v.minLength(1))),
    password: v.optional(secret),
    tls: v.optional(v.picklist(['starttls', 'implicit', 'none'], 'starttls, implicit or none'), 'starttls'),
  }),
  template: v.optional(text),
  ...common,
})
const topic = allowKnownKeys({
  topic: v.pipe(
    v.string('a topic'),
    v.regex(
      /^\/(topic|exchange)\/(?!.*\.agent$)[\w./-]+$/,
      'a topic such as /topic/lockstep, and of no agent',
    ),
  ),
  template: v.optional(json),
  on,
})

const channel = allowKnownKeys({
  channel: v.pipe(
    v.string('the name of a channel that an extension has'),
    v.minLength(1, 'the name of a channel that an extension has'),
  ),
  with: optionsSchema,
  on,
})

/** The kinds of channels, by the key that each has. */
export const CHANNELS = { webhook, slack, email, topic, channel }
const none = v.custom<never>(() => false, `one of: ${Object.keys(CHANNELS).join(', ')}`)

/** The schema of an environment's `notifications`, as written. */
export const notificationsSchema = v.array(v.lazy(channelSchemaFor), 'a list of channels')
export type WrittenNotifications = v.InferOutput<typeof notificationsSchema>

/** Returns the kind of channel that a value resembles, so that its own faults are named. */
function channelSchemaFor(value: unknown) {
  return kindMeant<(typeof CHANNELS)[keyof typeof CHANNELS]>(value, CHANNELS) ?? none
}

/** Returns the schema of a text whose faults `fault` names. */
function templateThat(fault: (template: string) => string | undefined) {
  return v.pipe(
    v.string('a text'),
    v.check(
      (template) => fault(template) === undefined,
      ({ input }) => fault(input) ?? '',
    ),
  )
}
