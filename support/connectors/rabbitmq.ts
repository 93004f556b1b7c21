import { EXPIRY_MARGIN, type Naming } from './naming'

export const rabbitmq: Naming = {
  scanCost: 0,
  broadcast: ({ collective, agent }) => `/exchange/${collective}_broadcast/${agent}`,
  directed: ({ collective }, host) => ({
    destination: `/exchange/${collective}_directed/${host}`,
    headers: {},
  }),
  // The broker makes a temporary queue of its own out of this name, and delivers from it without a SUBSCRIBE.
  replies: (_collective, { sequence }) => ({ replyTo: `/temp-queue/mcollective_reply_${sequence}` }),
  expiry: (ttl) => ({ expiration: String((ttl + EXPIRY_MARGIN) * 1000) }),
  hostSubscriptions: (collective, identity, agents) => [
    ...agents.map((agent) => ({ destination: `/exchange/${collective}_broadcast/${agent}` })),
    { destination: `/exchange/${collective}_directed/${identity}` },
  ],
}

/**
 * RabbitMQ whose replies come through the exchange `mcollective_reply`: MCollective's `use_reply_exchange`. A temporary
 * queue is gone with the node that it is on, and with it each answer to come.
 */
export const rabbitmqWithReplyExchange: Naming = {
  ...rabbitmq,
  replies(_collective, { identity, pid, connection, sequence }) {
    const replyTo = `/exchange/mcollective_reply/${identity}_${pid}.${connection}.${sequence}`
    return { replyTo, subscription: { destination: replyTo } }
  },
}
