import { execFileSync } from 'node:child_process'
import { decodeMarshal } from '../../protocol/marshal/decode'
import { encodeMarshal } from '../../protocol/marshal/encode'
import { encodeRpcReply } from '../../protocol/rpc_body'
import { pskServer } from '../../protocol/security/psk'

const TIMES = 50_000
const RUBY = `
  bytes = [ARGV[0]].pack("H*")
  2000.times { Marshal.dump(Marshal.load(bytes)) }
  t = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  ${TIMES}.times { Marshal.load(bytes) }
  u = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  value = Marshal.load(bytes)
  ${TIMES}.times { Marshal.dump(value) }
  puts "#{u - t} #{Process.clock_gettime(Process::CLOCK_MONOTONIC) - u}"`

export interface CodecCost {
  decode: number
  encode: number
}

/** Returns the seconds for reading and writing a typical reply's envelope many times, ours and Ruby's. */
export function codecRound(): { ours: CodecCost; ruby: CodecCost } {
  const bytes = typicalReply()
  for (let i = 0; i < 2_000; i += 1) encodeMarshal(decodeMarshal(bytes))
  const began = performance.now()
  for (let i = 0; i < TIMES; i += 1) decodeMarshal(bytes)
  const between = performance.now()
  const value = decodeMarshal(bytes)
  for (let i = 0; i < TIMES; i += 1) encodeMarshal(value)
  const ended = performance.now()
  const [decode = NaN, encode = NaN] = execFileSync('ruby', ['-e', RUBY, bytes.toString('hex')], {
    encoding: 'utf8',
  })
    .split(' ')
    .map(Number)
  return {
    ours: { decode: (between - began) / 1000, encode: (ended - between) / 1000 },
    ruby: { decode, encode },
  }
}

function typicalReply(): Buffer {
  const data = {
    name: 'mywebapp',
    ensure: '4.2.6-3.el5',
    arch: null,
    epoch: null,
    version: null,
    release: null,
    output: null,
    provider: 'apt',
  }
  const reply = {
    senderid: 'web1.example.net',
    requestid: '0123456789abcdef0123456789abcdef',
    senderagent: 'package',
    msgtime: 1_700_000_000,
    message: encodeRpcReply({ statuscode: 0, statusmsg: 'OK', data }),
  }
  return pskServer('secret').sealReply(reply, 'uid=0')
}
