import { expect } from 'chai'
import { resolve } from 'node:path'
import { cucumber } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startRabbitmq } from './brokers'
import { PASSWORD, PSK, USER } from './settings'

const WEBSITE = resolve(__dirname, '..', '..', '..', 'features', 'deployments', 'website.feature')

describe('a RabbitMQ without the exchanges of the collective', () => {
  it('is told by the names of those exchanges, and nothing is called missing but them', async () => {
    const scratch = new Scratch()
    const broker = await startRabbitmq(scratch)
    try {
      const pool = 'plugin.rabbitmq.pool'
      const MCOLLECTIVE_CONFIG = scratch.write(
        'client.cfg',
        `connector = rabbitmq\nplugin.rabbitmq.vhost = ${broker.virtualHost}\nmain_collective = elsewhere\nplugin.psk = ${PSK}
${pool}.size = 1\n${pool}.1.host = ${broker.address}\n${pool}.1.port = ${broker.port}\n${pool}.1.user = ${USER}\n${pool}.1.password = ${PASSWORD}\n`,
      )
      const run = await cucumber(['-p', 'live', WEBSITE], scratch.path, { MCOLLECTIVE_CONFIG })
      const said = `${run.stdout}\n${run.stderr}`.replace(/\s+/g, ' ')
      expect(run.exitCode, said).to.equal(4)
      expect(said).to.contain('has no exchange elsewhere_broadcast in its virtual host /mcollective')
      expect(said).to.contain('elsewhere_directed (of type direct)')
    } finally {
      await broker.stop()
      scratch.remove()
    }
  }).timeout(300_000)
})
