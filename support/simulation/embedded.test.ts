import { connect } from 'node:net'
import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { embeddedFleet, startEmbedded } from './embedded'
import { EmbeddedFleet } from './fleet'
import { SimulatedHaproxy } from './haproxy'

describe('the simulated parts of a run', () => {
  const started = { fleet: EmbeddedFleet.prototype.start, haproxy: SimulatedHaproxy.prototype.start }
  afterEach(() => {
    EmbeddedFleet.prototype.start = started.fleet
    SimulatedHaproxy.prototype.start = started.haproxy
  })

  it('leave no HAProxy behind where the fleet cannot be started', async () => {
    let port = 0
    SimulatedHaproxy.prototype.start = async function () {
      return (port = await started.haproxy.call(this))
    }
    EmbeddedFleet.prototype.start = () => Promise.reject(new Error('no port is free'))
    const context = { env: {}, hostname: 'control', uid: 0 }
    const fleet = { ...embeddedFleet({}, context), backends: { www: ['web1'] } }
    expect(await reasonOf(startEmbedded(fleet, context))).to.equal('no port is free')
    expect(await answerAt(port)).to.equal('ECONNREFUSED')
  })
})

function answerAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy()))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
  })
}
