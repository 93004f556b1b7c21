import * as v from 'valibot'
import { changeOf, noPush, shownName, toldChange, type Reading } from './told'

const name = v.optional(v.nullable(v.string()))
const pushEvent = v.object({
  ...toldChange,
  pusher: v.optional(v.nullable(v.object({ name, login: name, username: name }))),
})

/**
 * Reads the body of a push as GitHub sends it, and Gitea and Forgejo after it. A body that lacks the event's name is
 * refused, not passed over: it may be a push whose header a proxy has dropped.
 */
export function readPushEvent(event: string | undefined, body: unknown): Reading {
  if (event === undefined) return { fault: 'comes without the header that names its event' }
  if (event !== 'push') return noPush(event)
  const parsed = v.safeParse(pushEvent, body)
  if (!parsed.success) return { fault: 'is no push: expected ref, before and after, as git writes them' }
  const { pusher, ...change } = parsed.output
  const by = shownName(pusher?.name ?? pusher?.login ?? pusher?.username ?? undefined)
  return { push: { by, changes: [changeOf(change)] } }
}
