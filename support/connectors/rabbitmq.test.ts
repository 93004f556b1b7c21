import { expect } from 'chai'
import { rabbitmq, rabbitmqWithReplyExchange } from './rabbitmq'

const client = { identity: 'control', pid: 7, connection: 'ab', sequence: 2 }

describe('replies over RabbitMQ', () => {
  it('come to a queue that the broker makes, and that nobody subscribes to', () =>
    expect(rabbitmq.replies('mcollective', client)).to.deep.equal({
      replyTo: '/temp-queue/mcollective_reply_2',
    }))

  it('come through an exchange where it is there, so that another node can deliver them', () => {
    const replyTo = '/exchange/mcollective_reply/control_7.ab.2'
    expect(rabbitmqWithReplyExchange.replies('mcollective', client)).to.deep.equal({
      replyTo,
      subscription: { destination: replyTo },
    })
  })
})
