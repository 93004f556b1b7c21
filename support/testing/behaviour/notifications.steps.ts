import { Given, Then, type DataTable } from '@cucumber/cucumber'
import type { Manual } from './manual'
import { expectNotifications, sendNotificationsTo } from './notifications'

Given(
  'notifications to a web server and to the topic {string}',
  async function (this: Manual, topic: string) {
    await sendNotificationsTo(this, topic)
  },
)

Given('the web server is gone', async function (this: Manual) {
  await this.endpoint?.stop()
  this.endpoint = undefined
})

Given('the web server never answers', function (this: Manual) {
  if (this.endpoint !== undefined) this.endpoint.answer = () => {}
})

Then('the web server should have been told:', function (this: Manual, table: DataTable) {
  expectNotifications(this.endpoint?.received.map(({ body }) => body) ?? [], table.raw())
})

Then('the topic should have been told:', function (this: Manual, table: DataTable) {
  expectNotifications(this.onTopic, table.raw())
})
