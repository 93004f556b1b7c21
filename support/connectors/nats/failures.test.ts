import { expect } from 'chai'
import { CLOSED, explainFailure } from './failures'

const broker = { name: 'nats1:4222', redact: (text: string) => text.replace('secret', '…') }
const coded = (code: string, message = code) => Object.assign(new Error(message), { code })

describe('a failure of a connection to NATS', () => {
  it('of a certificate is asked for, also where the server only closes', () => {
    for (const error of [new Error(CLOSED), coded('ECONNRESET'), coded('EPIPE'), undefined])
      expect(explainFailure(error, { ...broker, showsCertificate: true }).message).to.equal(
        'the broker nats1:4222 closed the connection at once; does it accept the certificate of this side?',
      )
    const alert = explainFailure(coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), broker)
    expect(alert.code).to.equal('broker-refused')
    expect(alert.message).to.contain('it does not accept the certificate of this side')
  })

  it('is told in one line, without secrets', () => {
    const { code, message } = explainFailure(new Error('a secret\nat line 2'), broker)
    expect([code, message]).to.deep.equal(['broker-unreachable', 'the broker nats1:4222 cannot be used: a …'])
  })
})
