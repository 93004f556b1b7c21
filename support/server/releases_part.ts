import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { withoutCredentials } from '../bus/message'
import type { Channel } from '../notifications/channel'
import { keyOf, someHosts, type RolloutEvent } from '../notifications/event'
import { namesOf, oneLine } from '../notifications/words'
import type { PipelineEvent, RecordedPipelineEvent } from '../pipeline/events'
import { waitForPlace } from '../pipeline/place_file'
import type { Delivery, PipelineState } from '../pipeline/pipeline_state'
import { excerpt, type Redact } from '../system/redaction'
import { deliverAtLast } from './deliver_at_last'
import type { Part, PartContext } from './part'
import { tellEvents } from './tell_events'
import { ToldReleases } from './told_releases'

const TAGS = 'refs/tags/'
const COMMIT_DIGITS = 12
const MAX_WORDS = 2_000
/** The most tags of one push that are told one by one: a repository that is mirrored brings hundreds. */
const MAX_OF_ONE_PUSH = 20
/** Stands in place of a commit where a whole push was told. */
const PUSH = 'told'

interface ReleaseNews {
  /** The environment whose channels tell it. */
  environment: string
  channels: readonly Channel[]
}

/**
 * Returns the parts that tell people of each release that was created, one for each channel: none waits for another. A
 * release is a tag that its repository shows. What a channel has not taken is told by the next process.
 */
export function releaseParts({ environment, channels }: ReleaseNews): readonly Part[] {
  const names = new Map<string, number>()
  return channels
    .filter(({ on }) => on.includes('release created'))
    .map((channel) => {
      const number = (names.get(channel.name) ?? 0) + 1
      names.set(channel.name, number)
      return {
        name: `releases for ${channel.name}`,
        run: (context: PartContext) =>
          tellReleases(environment, channel, fileOf(channel.name, number), context),
      }
    })
}

/** Returns the name of the files of a channel, which stays where only its secrets, or its template, become others. */
function fileOf(name: string, number: number): string {
  return createHash('sha256').update(`${name}\n${number}`).digest('hex').slice(0, 16)
}

async function tellReleases(
  environment: string,
  channel: Channel,
  file: string,
  context: PartContext,
): Promise<void> {
  const { settings, state, pipeline, clock, log, redact, signal } = context
  const path = join(state, 'pipeline', 'notifications', `${file}.json`)
  let said: string | undefined
  const onTrouble = (sentence: string) => {
    // Pauses grow, and the reason stays the same.
    const reason = sentence.replace(/; it is told again in .*/, '')
    if (reason !== said) log.warn(`releases: ${redact(sentence)}`)
    said = reason
  }
  const from = await waitForPlace(path, () => pipeline.end, onTrouble, { clock, signal })
  if (from === undefined) return
  const told = new ToldReleases(path.replace(/\.json$/, '.told.json'), onTrouble)
  const addresses = new Map(settings.repositories.map(({ name, url }) => [name, url]))
  await tellEvents(context, {
    path,
    from,
    async publish({ id, event }, until) {
      if (!isRelease(event) || told.has(event)) return
      const delivery = deliveryOf(event, pipeline.state)
      const beside = tagsBeside(event, delivery)
      const push = { repository: event.repository, ref: `push ${event.delivery}`, after: PUSH }
      if (beside.length >= MAX_OF_ONE_PUSH && told.has(push)) return told.add(event)
      // One that was taken over from would tell what the other tells.
      pipeline.expectOwned()
      const news = newsOf(event, {
        // A tag may come back to where it was: that is another event, and has another key.
        run: `release-${id}`,
        environment,
        delivery,
        beside,
        url: addresses.get(event.repository),
        redact,
      })
      await deliverAtLast(channel, { key: keyOf(news), event: news }, { clock, onTrouble }, until)
      told.add(event, ...(beside.length >= MAX_OF_ONE_PUSH ? [push] : []))
      said = undefined
    },
    onTrouble,
  })
}

type CommitSeen = Extract<PipelineEvent, { type: 'commit seen' }> & { at: string }

function isRelease(event: RecordedPipelineEvent): event is CommitSeen {
  return event.type === 'commit seen' && event.ref.startsWith(TAGS)
}

function deliveryOf({ delivery }: CommitSeen, state: PipelineState): Delivery | undefined {
  return state.deliveries.get(delivery)
}

/** Returns the names of the other tags that came with the same push, of which the repository has not said no. */
function tagsBeside({ ref: own }: CommitSeen, delivery: Delivery | undefined): string[] {
  const tags = delivery?.changes.filter(({ ref, state }) => ref.startsWith(TAGS) && state !== 'passed over')
  return (tags ?? []).flatMap(({ ref }) => (ref === own ? [] : [ref.slice(TAGS.length)]))
}

interface Around {
  run: string
  environment: string
  delivery: Delivery | undefined
  beside: readonly string[]
  url: string | undefined
  redact: Redact
}

/** Formats what people are told: the release, by whom, at which commit, and where it was seen. */
function newsOf(
  { repository, ref, commit, after, at }: CommitSeen,
  { run, environment, delivery, beside, url, redact }: Around,
): RolloutEvent {
  const words = (text: string) => oneLine(withoutCredentials(redact(text)), MAX_WORDS)
  const before = delivery?.changes.find((each) => each.ref === ref && each.after === after)?.before
  const act = before === undefined || before === null ? 'was created' : `was moved from ${short(before)}`
  const by = delivery?.by === undefined || delivery.by === null ? '' : ` by ${excerpt(delivery.by, 100)}`
  const seen = url === undefined ? '' : `; the repository ${url} shows it`
  const more =
    beside.length < MAX_OF_ONE_PUSH
      ? ''
      : `; ${beside.length} other tags came with this push, and are not told one by one: ${namesOf(someHosts(beside.map((each) => excerpt(each, 100))))}`
  return {
    event: 'release created',
    run,
    number: 1,
    time: at,
    environment,
    mode: 'live',
    feature: repository,
    release: words(excerpt(ref.slice(TAGS.length), 200)),
    tickets: [],
    limit: undefined,
    wave: undefined,
    counts: { hosts: 0, answered: 0, diverged: 0, silent: 0, out: 0, restored: 0, notAttempted: 0 },
    failed: someHosts([]),
    outOfRotation: someHosts([]),
    outcome: undefined,
    reason: words(`${act}${by} at commit ${short(commit)}${seen}${more}`),
  }
}

function short(commit: string): string {
  return commit.slice(0, COMMIT_DIGITS)
}
