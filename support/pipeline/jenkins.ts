import * as v from 'valibot'
import type { JenkinsBuild } from '../config/build_setting'
import { wordsOfFetchFault } from '../system/fetch_fault'

const ANSWER_WITHIN_MS = 30_000
/** More bytes than a queue, or the newest builds of a job, have. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

const actions = v.optional(
  v.nullable(
    v.array(
      v.nullable(
        v.looseObject({
          parameters: v.optional(
            v.array(v.looseObject({ name: v.string(), value: v.optional(v.unknown()) })),
          ),
          lastBuiltRevision: v.optional(
            v.nullable(v.looseObject({ SHA1: v.optional(v.nullable(v.string())) })),
          ),
        }),
      ),
    ),
  ),
  [],
)
const build = v.looseObject({
  number: v.number(),
  url: v.optional(v.nullable(v.string())),
  building: v.optional(v.boolean(), false),
  result: v.optional(v.nullable(v.string())),
  actions,
})
const builds = v.looseObject({ builds: v.optional(v.array(build), []) })
const item = v.looseObject({
  cancelled: v.optional(v.boolean(), false),
  executable: v.optional(v.nullable(v.looseObject({ number: v.number() }))),
})
const queue = v.looseObject({ items: v.array(v.looseObject({ id: v.number(), actions })) })

/** A build as Jenkins tells it. */
export type ToldBuild = v.InferOutput<typeof build>
/** An entry of its queue, which is there for some minutes after its build has begun. */
export type ToldItem = v.InferOutput<typeof item>

const ACTIONS = 'actions[parameters[name,value],lastBuiltRevision[SHA1]]'
const BUILD = `number,url,building,result,${ACTIONS}`
/** The newest builds among which one is looked for. */
const MAX_BUILDS = 100

/** Jenkins has not done what it was asked for. The words go on after "Jenkins ". */
export class JenkinsFault extends Error {}

/**
 * The remote access API of a Jenkins, for one job. Every address is made from the configured one: none that Jenkins names
 * is followed, so that the token goes nowhere else. Source: "Remote Access API" of the documentation of Jenkins, and the
 * classes Queue.Item, Run and BuildData that it exports.
 */
export class Jenkins {
  constructor(
    private readonly settings: Pick<JenkinsBuild, 'url' | 'job' | 'user' | 'token'>,
    private readonly send: typeof fetch,
  ) {}

  /**
   * Puts a build into the queue. Returns the number of its entry.
   * @throws JenkinsFault; the build may be in the queue all the same where no answer came
   */
  async start(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> {
    const response = await this.ask(
      `${this.path}/buildWithParameters`,
      signal,
      new URLSearchParams(parameters),
    )
    await response.body?.cancel()
    const [, number] = /\/queue\/item\/(\d{1,15})\/?$/.exec(response.headers.get('location') ?? '') ?? []
    if (response.status === 201 && number !== undefined) return Number(number)
    throw new JenkinsFault(
      response.status === 201 ? 'has not told which entry of its queue it is' : this.wordsOf(response.status),
    )
  }

  /** Returns an entry of the queue; undefined for one that is forgotten. @throws JenkinsFault */
  item(number: number, signal: AbortSignal): Promise<ToldItem | undefined> {
    return this.read(`/queue/item/${number}/api/json`, item, signal)
  }

  /** Returns a build of the job; undefined for one that was removed. @throws JenkinsFault */
  build(number: number, signal: AbortSignal): Promise<ToldBuild | undefined> {
    return this.read(`${this.path}/${number}/api/json?tree=${encodeURIComponent(BUILD)}`, build, signal)
  }

  /**
   * Looks for what has a value of a parameter: among the newest builds of the job, and in the queue.
   * @throws JenkinsFault
   */
  async find(
    name: string,
    value: string,
    signal: AbortSignal,
  ): Promise<{ queueItem?: number; number?: number } | undefined> {
    // The queue first: what leaves it between both looks is a build by then.
    const waiting = await this.read(
      `/queue/api/json?tree=${encodeURIComponent(`items[id,${ACTIONS}]`)}`,
      queue,
      signal,
    )
    const queued = waiting?.items.find((each) => parameterOf(each.actions, name) === value)
    if (queued !== undefined) return { queueItem: queued.id }
    const all = await this.read(
      `${this.path}/api/json?tree=${encodeURIComponent(`builds[${BUILD}]{0,${MAX_BUILDS}}`)}`,
      builds,
      signal,
    )
    if (all === undefined) throw new JenkinsFault(this.wordsOf(404))
    const begun = all.builds.find((each) => parameterOf(each.actions, name) === value)
    return begun && { number: begun.number }
  }

  private get path(): string {
    return this.settings.job
      .split('/')
      .map((name) => `/job/${encodeURIComponent(name)}`)
      .join('')
  }

  private async read<T>(
    path: string,
    shape: v.GenericSchema<unknown, T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const response = await this.ask(path, signal)
    if (response.status !== 200) await response.body?.cancel()
    if (response.status === 404) return undefined
    if (response.status !== 200) throw new JenkinsFault(this.wordsOf(response.status))
    const parsed = v.safeParse(shape, await this.readJson(response))
    if (parsed.success) return parsed.output
    throw new JenkinsFault('has answered with something else than its API does: is the address right?')
  }

  /** Returns undefined for what is no JSON. @throws JenkinsFault where it does not come whole, or has no end */
  private async readJson(response: Response): Promise<unknown> {
    const bytes = await readWithin(response, MAX_ANSWER_BYTES).catch((error: unknown) => {
      throw new JenkinsFault(`has not answered whole: ${(error as Error).message}`, { cause: error })
    })
    if (bytes === undefined)
      throw new JenkinsFault(`has answered with more than ${MAX_ANSWER_BYTES / 1024 / 1024} MB`)
    try {
      return JSON.parse(bytes.toString('utf8')) as unknown
    } catch {
      return undefined
    }
  }

  private async ask(path: string, signal: AbortSignal, body?: URLSearchParams): Promise<Response> {
    const { url, user, token } = this.settings
    const credentials = Buffer.from(`${user}:${token}`).toString('base64')
    try {
      return await this.send(`${url}${path}`, {
        ...(body === undefined ? {} : { method: 'POST', body }),
        headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      })
    } catch (error) {
      throw new JenkinsFault(`cannot be asked: ${wordsOfFetchFault(error as Error)}`, { cause: error })
    }
  }

  private wordsOf(status: number): string {
    const { user, job } = this.settings
    switch (status) {
      case 401:
        return `does not know ${user} by this token: make a new API token on the page of the user`
      case 403:
        return `does not let ${user} do this: give it Overall/Read, and Job/Read and Job/Build on ${job}`
      case 404:
        return `has no job ${job} that ${user} may see: expected its name with its folders, and Job/Read on it`
      case 400:
      case 405:
        return `cannot start ${job} with parameters: give it PIPELINE_BUILD and PIPELINE_COMMIT, texts both`
      default:
        return `has answered ${status}${status >= 300 && status < 400 ? ', and no redirect is followed: is the address right?' : ''}`
    }
  }
}

/** Reads the body of an answer; undefined for one that is longer, of which no more is read. */
async function readWithin({ body }: Response, most: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > most) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Returns the value of a parameter of a build; undefined for one that its job does not have. */
export function parameterOf(told: ToldBuild['actions'], name: string): string | undefined {
  const found = (told ?? []).flatMap((each) => each?.parameters ?? []).find((each) => each.name === name)
  return typeof found?.value === 'string' ? found.value : undefined
}

/** Returns the commits that the git plugin has checked out; none where the job does not use it. */
export function revisionsOf(told: ToldBuild['actions']): string[] {
  return (told ?? []).flatMap((each) => each?.lastBuiltRevision?.SHA1 ?? [])
}
