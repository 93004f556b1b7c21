import type { Answer } from '../rollout/model/answers'
import type { Request } from '../rollout/model/answers'
import { FakeFleet } from './fake_fleet'

export const ok = (data: Record<string, unknown> = {}): Answer => ({ kind: 'answered', data })
export const failed = (message: string, data: Record<string, unknown> = {}): Answer => ({
  kind: 'failed',
  message,
  data,
})
export const silent: Answer = { kind: 'silent', waited: 20_000 }

export type Exceptions = Readonly<Record<string, (request: Request) => Answer | undefined>>

/** A fleet that really blocks, installs and disables, with exceptions by host. Every host begins with 1.0. */
export class WebFleet extends FakeFleet {
  readonly blocked = new Set<string>()
  readonly versions = new Map<string, string>()
  readonly disabled = new Set<string>()

  constructor(hosts: readonly string[], except: Exceptions = {}) {
    super(hosts, (host, request) => except[host]?.(request) ?? this.act(host, request))
  }

  /** Returns the actions of all requests, without their hosts: `block`, `isblocked`, … */
  get actions(): string[] {
    return this.asked.map(({ request }) => request.action)
  }

  private act(host: string, { agent, action, inputs }: Request): Answer {
    switch (`${agent} ${action}`) {
      case 'iptables block':
        if (this.blocked.has(host)) return failed('1.2.3.4 is already blocked', { blocked: true })
        this.blocked.add(host)
        return ok({ blocked: true })
      case 'iptables unblock':
        return this.blocked.delete(host)
          ? ok({ blocked: false })
          : failed('is not blocked', { blocked: false })
      case 'iptables isblocked':
        return ok({ blocked: this.blocked.has(host) })
      case 'package update':
        this.versions.set(host, '2.0')
        return ok({ ensure: '2.0' })
      case 'package install':
        this.versions.set(host, String(inputs['version']))
        return ok({ ensure: inputs['version'] })
      case 'package uninstall':
        this.versions.set(host, 'absent')
        return ok({ ensure: 'absent' })
      case 'package status':
        return ok({ ensure: this.versions.get(host) ?? '1.0' })
      case 'service status':
        return ok({ status: 'running' })
      case 'puppet disable':
        if (this.disabled.has(host)) return failed('Already disabled', { enabled: false })
        this.disabled.add(host)
        return ok({ enabled: false })
      case 'puppet enable':
        return this.disabled.delete(host)
          ? ok({ enabled: true })
          : failed('Already enabled', { enabled: true })
      case 'puppet status':
        return ok({ enabled: !this.disabled.has(host) })
      case 'rpcutil get_fact':
        return ok({ value: Number(host.replace(/\D/g, '')) % 2 === 0 ? 'r2' : 'r1' })
      default:
        return ok()
    }
  }
}

/** Returns `web1` to `web<n>`. */
export function webs(n: number): string[] {
  return Array.from({ length: n }, (_, index) => `web${index + 1}`)
}
