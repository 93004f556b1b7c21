import { After, Given, Then, type World } from '@cucumber/cucumber'
import { expect } from 'chai'
import type { EmbeddedFleet } from '../../simulation/fleet'
import type { Scratch } from '../scratch'
import { WebEndpoint } from '../web_endpoint'

/** The part of the manual that the chapter on notifications needs. */
interface Told extends World {
  readonly scratch: Scratch
  readonly env: Record<string, string>
  elsewhere: EmbeddedFleet | undefined
  endpoint: WebEndpoint | undefined
  onTopic: string[]
}

interface Rows {
  raw(): string[][]
}

After(async function (this: Told) {
  await this.endpoint?.stop()
})

Given('notifications to a web server and to the topic {string}', async function (this: Told, topic: string) {
  this.endpoint = await WebEndpoint.start()
  this.onTopic = []
  this.elsewhere?.broker.subscribe(topic, ({ body }) => void this.onTopic.push(body.toString('utf8')))
  this.env['HOOK_URL'] = this.endpoint.url('/s3cret-of-the-hook')
  this.scratch.write(
    'lockstep.yaml',
    `environments:
  test:
    client_config: client.cfg
    discovery_window: 300 ms
    notifications:
      - webhook: { env: HOOK_URL }
      - topic: ${topic}
`,
  )
})

Given('the web server is gone', async function (this: Told) {
  await this.endpoint?.stop()
  this.endpoint = undefined
})

Given('the web server never answers', function (this: Told) {
  if (this.endpoint !== undefined) this.endpoint.answer = () => {}
})

Then('the web server should have been told:', function (this: Told, rows: Rows) {
  expectTold(this.endpoint?.received.map(({ body }) => body) ?? [], rows)
})

Then('the topic should have been told:', function (this: Told, rows: Rows) {
  expectTold(this.onTopic, rows)
})

/** Expects the notifications of the rows, each with an event and a part of its summary. */
function expectTold(bodies: readonly string[], rows: Rows): void {
  const told = bodies.map((body) => JSON.parse(body) as { event: string; summary: string })
  expect(told.map(({ event }) => event)).to.deep.equal(rows.raw().map(([event]) => event))
  rows.raw().forEach(([, part = ''], index) => expect(told[index]?.summary).to.contain(part))
}
