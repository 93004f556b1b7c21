import { expect } from 'chai'
import { WebEndpoint } from '../web_endpoint'
import type { Manual } from './manual'

/** Starts a web server and subscribes to a topic, and writes an environment whose notifications go to both. */
export async function sendNotificationsTo(manual: Manual, topic: string): Promise<void> {
  manual.endpoint = await WebEndpoint.start()
  manual.elsewhere?.broker.subscribe(topic, ({ body }) => void manual.onTopic.push(body.toString('utf8')))
  manual.env['HOOK_URL'] = manual.endpoint.url('/s3cret-of-the-hook')
  manual.scratch.write(
    'lockstep.yaml',
    `environments:
  test:
    client_config: client.cfg
    discovery_window: 2 seconds
    notifications:
      - webhook: { env: HOOK_URL }
      - topic: ${topic}
`,
  )
}

/** Expects the notifications of the rows, each with an event and a part of its summary. */
export function expectNotifications(bodies: readonly string[], rows: readonly (readonly string[])[]): void {
  const told = bodies.map((body) => JSON.parse(body) as { event: string; summary: string })
  expect(told.map(({ event }) => event)).to.deep.equal(rows.map(([event]) => event))
  rows.forEach(([, part = ''], index) => expect(told[index]?.summary).to.contain(part))
}
