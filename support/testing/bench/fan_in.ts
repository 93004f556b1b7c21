import net from 'node:net'
import { randomBytes } from 'node:crypto'
import { activemq } from '../../connectors/activemq'
import { encodeFrame, headers } from '../../connectors/stomp/frame'
import { NO_FILTER, type Filter } from '../../protocol/filter'
import type { RubyValue } from '../../protocol/marshal/values'
import { encodeRpcRequest } from '../../protocol/rpc_body'
import { pskClient } from '../../protocol/security/psk'
import { PASSWORD, PSK, USER } from '../real/settings'

const CALLS: [string, string, Record<string, string>][] = [
  ['iptables', 'block', { ipaddr: '192.168.1.1' }],
  ['iptables', 'isblocked', { ipaddr: '192.168.1.1' }],
  ['package', 'update', { package: 'mywebapp' }],
  ['package', 'status', { package: 'mywebapp' }],
  ['iptables', 'unblock', { ipaddr: '192.168.1.1' }],
  ['iptables', 'isblocked', { ipaddr: '192.168.1.1' }],
]

/** A request as bytes, and the number of hosts that answer it. */
interface RawRequest {
  agent: string
  hosts: number
  body: () => Buffer
}

/**
 * Measures the least work of any client. It sends the six requests of the seed's feature to each of so many waves, and
 * discovers all hosts between two waves. It counts the returning frames by their last byte, without reading them.
 * Resolves with the seconds from the first request to the last reply.
 */
export function rawFanIn(port: number, n: number, waves = 1): Promise<number> {
  const replyTo = `/queue/mcollective.reply.raw_${process.pid}.${randomBytes(4).toString('hex')}`
  const requests = requestsTo(n, waves)
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let [call, counted, began] = [-1, 0, 0]
    const next = () => {
      call += 1
      counted = 0
      const request = requests[call]
      if (request === undefined) {
        socket.destroy()
        return resolve((performance.now() - began) / 1000)
      }
      const destination = activemq.broadcast({ collective: 'mcollective', agent: request.agent })
      const fields = headers({ destination, 'reply-to': replyTo, mc_sender: 'raw' })
      socket.write(encodeFrame('SEND', fields, request.body()))
    }
    socket.on('error', reject)
    socket.on('connect', () => {
      socket.setNoDelay(true)
      const login = { 'accept-version': '1.1', host: 'mcollective', login: USER, passcode: PASSWORD }
      socket.write(encodeFrame('CONNECT', headers(login)))
      socket.write(encodeFrame('SUBSCRIBE', headers({ id: '1', destination: replyTo })))
    })
    let ready = false
    const mark = Buffer.from('MESSAGE\n')
    let tail = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      if (!ready) {
        ready = true
        // The subscription has to be there before the first reply.
        setTimeout(() => {
          began = performance.now()
          next()
        }, 200)
        return
      }
      const bytes = Buffer.concat([tail, chunk])
      for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + mark.length)) counted += 1
      tail = bytes.subarray(Math.max(0, bytes.length - mark.length + 1))
      if (counted >= (requests[call]?.hosts ?? 0)) next()
    })
  })
}

function requestsTo(n: number, waves: number): RawRequest[] {
  const security = pskClient(PSK, 'uid=0')
  const identities = Array.from({ length: n }, (_, index) => `web${index + 1}.example.net`)
  const sealed = (agent: string, filter: Filter, message: RubyValue) => () =>
    security.sealRequest({
      senderid: 'raw',
      requestid: randomBytes(16).toString('hex'),
      filter,
      collective: 'mcollective',
      agent,
      ttl: 60,
      msgtime: Math.floor(Date.now() / 1000),
      message,
    })
  const discovery = { agent: 'discovery', hosts: n, body: sealed('discovery', NO_FILTER, 'ping') }
  return Array.from({ length: waves }, (_, wave) => {
    const moving = identities.slice((wave * n) / waves, ((wave + 1) * n) / waves)
    const calls = CALLS.map(([agent, action, data]) => ({
      agent,
      hosts: moving.length,
      body: sealed(
        agent,
        { ...NO_FILTER, agents: [agent], identities: moving },
        encodeRpcRequest({ agent, action, caller: 'uid=0', data }),
      ),
    }))
    return wave === 0 ? calls : [discovery, ...calls]
  }).flat()
}
