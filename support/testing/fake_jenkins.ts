import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

/** An entry of the queue, and the build that it becomes. */
interface Entry {
  id: number
  job: string
  parameters: { name: string; value: string }[]
  number?: number
  isCancelled: boolean
  /** True once the queue has forgotten it, as Jenkins does after some minutes. */
  isForgotten: boolean
  result?: string
  revisions: string[]
}

/**
 * A server that answers as the remote access API of Jenkins does, for one user. Its shapes follow the documentation of Jenkins and
 * python3-jenkins; it is no Jenkins. Builds begin and end when a test says so.
 */
export class FakeJenkins {
  /** The jobs by their whole names, with the parameters that each has. */
  readonly jobs = new Map<string, readonly string[]>()
  readonly entries: Entry[] = []
  readonly requests: string[] = []
  user = 'lockstep'
  token = 'an API token'
  /** The status of every answer, where there is one. */
  broken: number | undefined
  /** True where a build is put into the queue, and the answer never comes. */
  isCutOff = false
  /** True where answers are sent without an end. */
  isEndless = false
  /** The address that it believes to have; by default the one it was asked at. */
  ownUrl: string | undefined
  private next = 20

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<FakeJenkins> {
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => jenkins.answer(request, Buffer.concat(chunks).toString(), response))
    })
    const jenkins = new FakeJenkins(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return jenkins
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jenkins`
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }

  /** Begins the build of an entry; by default of the last one. */
  begin(entry = this.last): number {
    entry.number = this.entries.filter(({ number }) => number !== undefined).length + 1
    return entry.number
  }

  end(
    result: string,
    { revisions = [], entry = this.last }: { revisions?: string[]; entry?: Entry } = {},
  ): void {
    if (entry.number === undefined) this.begin(entry)
    Object.assign(entry, { result, revisions })
  }

  get last(): Entry {
    const last = this.entries.at(-1)
    if (last === undefined) throw new Error('nothing was started')
    return last
  }

  private answer(request: http.IncomingMessage, body: string, response: http.ServerResponse): void {
    const url = new URL(request.url ?? '', this.url)
    const path = url.pathname.replace(/^\/jenkins/, '')
    this.requests.push(`${request.method} ${path}`)
    const send = (status: number, document?: object, headers = {}) =>
      void response.writeHead(status, headers).end(document === undefined ? '' : JSON.stringify(document))
    const expected = `Basic ${Buffer.from(`${this.user}:${this.token}`).toString('base64')}`
    if (this.broken !== undefined) return send(this.broken)
    if (this.isEndless) return void Readable.from(endless()).pipe(response.writeHead(200))
    if (request.headers.authorization !== expected) return send(401)
    const [, folders = '', rest = ''] = /^((?:\/job\/[^/]+)+)\/(.*)$/.exec(path) ?? []
    const job = folders.slice('/job/'.length).split('/job/').map(decodeURIComponent).join('/')
    const known = this.jobs.get(job)
    if (rest === 'buildWithParameters' && known !== undefined && request.method === 'POST') {
      const given = new URLSearchParams(body === '' ? url.search : body)
      const parameters = known.map((name) => ({ name, value: given.get(name) ?? 'its default' }))
      const id = (this.next += 1)
      this.entries.push({ id, job, parameters, isCancelled: false, isForgotten: false, revisions: [] })
      if (this.isCutOff) return void response.destroy()
      return send(201, undefined, { location: `${this.ownUrl ?? this.url}/queue/item/${id}/` })
    }
    const [, id] = /^\/queue\/item\/(\d+)\/api\/json$/.exec(path) ?? []
    const item = this.entries.find((each) => each.id === Number(id) && !each.isForgotten)
    if (item !== undefined) return send(200, this.itemOf(item))
    if (path === '/queue/api/json') {
      const waiting = this.entries.filter(({ number, isCancelled }) => number === undefined && !isCancelled)
      return send(200, { items: waiting.map((each) => this.itemOf(each)) })
    }
    if (known === undefined) return send(404)
    const begun = this.entries.filter((each) => each.job === job && each.number !== undefined)
    if (rest === 'api/json')
      return send(200, { builds: [...begun].reverse().map((each) => this.buildOf(each)) })
    const build = begun.find(({ number }) => rest === `${number}/api/json`)
    return build === undefined ? send(404) : send(200, this.buildOf(build))
  }

  private itemOf({ id, job, number, isCancelled, parameters }: Entry): object {
    const url = `${this.ownUrl ?? this.url}/job/${job}/${number}/`
    return {
      _class: 'hudson.model.Queue$LeftItem',
      actions: [{ _class: 'hudson.model.ParametersAction', parameters }, {}],
      id,
      why: null,
      cancelled: isCancelled,
      executable: number === undefined ? null : { number, url },
    }
  }

  private buildOf({ number, result, parameters, revisions }: Entry): object {
    const told = revisions.map((SHA1) => ({
      _class: 'hudson.plugins.git.util.BuildData',
      lastBuiltRevision: { SHA1, branch: [{ SHA1, name: 'detached' }] },
    }))
    return {
      _class: 'org.jenkinsci.plugins.workflow.job.WorkflowRun',
      actions: [{ _class: 'hudson.model.ParametersAction', parameters }, {}, null, ...told],
      number,
      building: result === undefined,
      result: result ?? null,
      url: `${this.ownUrl ?? this.url}/job/x/${number}/`,
    }
  }
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1024 * 1024, ' ')
}
