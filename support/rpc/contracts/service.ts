import { mutating, readOnly, type Contract } from './contract'
import { serviceName } from './rules'

const one = { inputs: { service: serviceName } }
const status = 'running or stopped'

export const service = {
  agent: 'service',
  description: 'Starts and stops services, and tells whether they run',
  timeout: 60,
  actions: {
    status: readOnly('Tells whether a service runs', { ...one, outputs: { status } }),
    start: mutating('Starts a service', { ...one, also: { status } }),
    stop: mutating('Stops a service', { ...one, also: { status } }),
    restart: mutating('Restarts a service', { ...one, also: { status } }),
  },
} as const satisfies Contract
