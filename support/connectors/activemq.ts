import { EXPIRY_MARGIN, type Naming } from './naming'

export const activemq: Naming = {
  // The selectors of all consumers of the queue are evaluated for each message.
  scanCost: 500,
  broadcast: ({ collective, agent }) => `/topic/${collective}.${agent}.agent`,
  directed: ({ collective }, host) => ({
    destination: `/queue/${collective}.nodes`,
    headers: { mc_identity: host },
  }),
  replies(collective, { identity, pid, connection, sequence }) {
    const replyTo = `/queue/${collective}.reply.${identity}_${pid}.${connection}.${sequence}`
    return { replyTo, subscription: { destination: replyTo } }
  },
  expiry(ttl, now) {
    const seconds = Math.floor(now / 1000)
    return { timestamp: String(seconds * 1000), expires: String((seconds + ttl + EXPIRY_MARGIN) * 1000) }
  },
  hostSubscriptions: (collective, identity, agents) => [
    ...agents.map((agent) => ({ destination: `/topic/${collective}.${agent}.agent` })),
    { destination: `/queue/${collective}.nodes`, selector: `mc_identity = '${identity}'` },
  ],
}
