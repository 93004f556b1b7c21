import { changes, looks, type Contract } from './contract'
import { serviceName } from './rules'

const one = { inputs: { service: serviceName } }
const status = 'running or stopped'

export const service = {
  agent: 'service',
  description: 'Starts and stops services, and tells whether they run',
  timeout: 60,
  actions: {
    status: looks('Tells whether a service runs', { ...one, outputs: { status } }),
    start: changes('Starts a service', { ...one, also: { status } }),
    stop: changes('Stops a service', { ...one, also: { status } }),
    restart: changes('Restarts a service', { ...one, also: { status } }),
  },
} as const satisfies Contract
