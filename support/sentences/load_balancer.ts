import type { Sentences } from './sentence'

const drains = () => ({ drains: true })

export const loadBalancer = {
  'the load balancer has ip address {ip}': {
    keyword: 'Given',
    effect: 'names balancer',
    details: ([name = '']) => ({ name, firewall: true }),
    help: 'Each host lets in or drops what comes from this address, with its own packet filter.',
  },
  'the load balancer is the haproxy backend {backend}': {
    keyword: 'Given',
    effect: 'names balancer',
    details: ([name = '']) => ({
      name: `backend ${name}`,
      firewall: false,
      backend: { kind: 'haproxy', name },
    }),
    help: 'HAProxy sends hosts their requests; it is told and asked through its runtime sockets.',
  },
  'the load balancer is the {balancer} backend {backend}': {
    keyword: 'Given',
    effect: 'names balancer',
    details: ([kind = '', name = '']) => ({
      name: `${kind} backend ${name}`,
      firewall: false,
      backend: { kind, name },
    }),
    help: 'A balancer of the team sends hosts their requests; its code is an extension.',
  },
  'at least {pool} of the pool must stay in service': {
    keyword: 'Given',
    effect: 'keeps pool',
    details: ([part = '']) => ({ all: part === '100%' }),
    help: 'No more hosts are taken out than leave this part in service: 60%, 3 hosts.',
  },
  'the whole pool may be out of service': {
    keyword: 'Given',
    effect: 'lets pool go',
    help: 'Even the last host of the pool may be taken out.',
  },
  'I block the load balancer': {
    keyword: 'When',
    effect: 'takes out',
    details: () => ({ drains: false }),
    help: 'The hosts get no more requests; open connections are cut.',
  },
  'I drain the load balancer': {
    keyword: 'When',
    effect: 'takes out',
    details: drains,
    help: 'The hosts get no new sessions, and have a minute to end those that are open.',
  },
  'I drain the load balancer within {duration}': {
    keyword: 'When',
    effect: 'takes out',
    details: drains,
    help: 'The hosts get no new sessions, and have this long to end those that are open.',
  },
  'I drain the load balancer within {duration} and then cut what is left': {
    keyword: 'When',
    effect: 'takes out',
    details: drains,
    help: 'The hosts get no new sessions; those still open after this time are cut.',
  },
  'I unblock the load balancer': {
    keyword: 'When',
    effect: 'puts back',
    help: 'The hosts get requests again.',
  },
  'traffic from the load balancer should be blocked': {
    keyword: 'Then',
    effect: 'sees traffic',
    details: () => ({ wanted: 'blocked' }),
    help: 'Fails where a host still gets requests.',
  },
  'traffic from the load balancer should be unblocked': {
    keyword: 'Then',
    effect: 'sees traffic',
    details: () => ({ wanted: 'unblocked' }),
    help: 'Fails where a host gets no requests.',
  },
  'traffic from the load balancer should be unblocked within {duration}': {
    keyword: 'Then',
    effect: 'sees traffic',
    details: () => ({ wanted: 'unblocked' }),
    help: 'Fails where a host gets no requests after this time.',
  },
  'the pool {backend} should have {count} host(s) in service': {
    keyword: 'Then',
    effect: 'sees pool',
    help: 'Fails where the balancer has more or fewer hosts of this backend in service.',
  },
  'fewer than {percent}% of requests should fail for {duration}': {
    keyword: 'Then',
    effect: 'sees requests',
    help: 'Fails where the balancer counts as many failed requests in this time, or more.',
  },
} as const satisfies Sentences
