import * as v from 'valibot'
import { groupBy } from '../../system/groups'
import { markOf } from './compare_hosts'
import type { IcingaApi } from './icinga_api'
import { readAttributes } from './icinga_attributes'
import type { MonitoredHost, MonitoringTarget, RefusedHost } from './target'

/** The names of what the operator's own configuration defines, and the objects of hosts use. */
export interface IcingaNames {
  hostTemplate: string
  serviceTemplate: string
  /** The check command of services; it gets the name of the check as `nrpe_command`. */
  checkCommand: string
}

/** The value of `vars.managed_by` that objects of Lockstep have. Others are never changed or removed. */
const OWNER = 'lockstep'

const vars = v.nullish(
  v.looseObject({ managed_by: v.optional(v.unknown()), classes: v.optional(v.unknown()) }),
)
const hostAttributes = v.looseObject({ name: v.string(), address: v.string(), vars, package: v.string() })
const serviceAttributes = v.looseObject({
  name: v.string(),
  host_name: v.string(),
  vars,
  package: v.string(),
})

type HostObject = v.InferOutput<typeof hostAttributes>
type ServiceObject = v.InferOutput<typeof serviceAttributes>

interface Objects {
  hosts: ReadonlyMap<string, HostObject>
  /** The services by the names of their hosts. */
  services: ReadonlyMap<string, readonly ServiceObject[]>
}

/** Icinga 2, told by its API: a host object for each host, and a service object for each of its checks. */
export class Icinga implements MonitoringTarget {
  readonly name = 'Icinga'
  readonly takesChecks = true

  constructor(
    private readonly api: Pick<IcingaApi, 'query' | 'change'>,
    private readonly names: IcingaNames,
  ) {}

  async list(signal: AbortSignal): Promise<readonly MonitoredHost[]> {
    const objects = await this.read(signal)
    return [...objects.hosts.values()].filter(isOurs).map((host) => hostOf(host, objects))
  }

  async apply(hosts: readonly MonitoredHost[], signal: AbortSignal): Promise<readonly RefusedHost[]> {
    const objects = await this.read(signal)
    const wanted = new Set(hosts.map(({ name }) => name))
    const refused: RefusedHost[] = []
    const note = (host: string, why: string | undefined) => {
      if (why !== undefined) refused.push({ host, why })
    }
    for (const { name } of [...objects.hosts.values()].filter(isOurs))
      if (!wanted.has(name)) note(name, await this.remove(name, objects, signal))
    for (const host of hosts) note(host.name, await this.bring(host, objects, signal))
    return refused
  }

  private async read(signal: AbortSignal): Promise<Objects> {
    const hosts = await this.api.query('hosts', ['name', 'address', 'vars', 'package'], signal)
    const services = await this.api.query('services', ['name', 'host_name', 'vars', 'package'], signal)
    return {
      hosts: new Map(
        hosts.map((each) => readAttributes(hostAttributes, each)).map((each) => [each.name, each]),
      ),
      services: groupBy(
        services.map((each) => readAttributes(serviceAttributes, each)),
        ({ host_name: host }) => host,
      ),
    }
  }

  private async bring(
    host: MonitoredHost,
    objects: Objects,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const there = objects.hosts.get(host.name)
    if (there !== undefined && !isOurs(there))
      return 'others have made a host of that name; Lockstep leaves it alone'
    const own = await this.bringHost(host, there, objects, signal)
    if (own !== undefined) return own
    const services = objects.services.get(host.name) ?? []
    for (const service of services)
      if (isOurs(service) && !host.checks.includes(service.name)) {
        const why = await this.api.change(
          'DELETE',
          pathOf('services', host.name, service.name),
          undefined,
          signal,
        )
        if (why !== undefined) return why
      }
    for (const check of host.checks) {
      const known = services.find(({ name }) => name === check)
      if (known !== undefined && !isOurs(known))
        return `others have made a service ${check} of it; Lockstep leaves it alone`
      if (known !== undefined) continue
      const why = await this.api.change(
        'PUT',
        pathOf('services', host.name, check),
        {
          templates: [this.names.serviceTemplate],
          attrs: {
            check_command: this.names.checkCommand,
            'vars.managed_by': OWNER,
            'vars.nrpe_command': check,
          },
        },
        signal,
      )
      if (why !== undefined) return why
    }
    return undefined
  }

  private async bringHost(
    host: MonitoredHost,
    there: HostObject | undefined,
    objects: Objects,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const path = pathOf('hosts', host.name)
    const attrs = { address: host.address, 'vars.classes': host.classes }
    if (there === undefined) {
      const whole = { templates: [this.names.hostTemplate], attrs: { ...attrs, 'vars.managed_by': OWNER } }
      return this.api.change('PUT', path, whole, signal)
    }
    if (markOf({ ...hostOf(there, objects), checks: [] }) === markOf({ ...host, checks: [] }))
      return undefined
    return this.api.change('POST', path, { attrs }, signal)
  }

  private async remove(
    name: string,
    { services }: Objects,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const others = (services.get(name) ?? []).filter((each) => !isOurs(each) && each.package === '_api')
    if (others[0] !== undefined)
      return `it is not removed: others have made its service ${others[0].name} by the API, which would go with it`
    // The services of a host depend on it.
    return this.api.change('DELETE', `${pathOf('hosts', name)}?cascade=1`, undefined, signal)
  }
}

function isOurs({ vars: own, package: from }: Pick<HostObject, 'vars' | 'package'>): boolean {
  return own?.managed_by === OWNER && from === '_api'
}

function pathOf(type: 'hosts' | 'services', ...names: readonly string[]): string {
  return `objects/${type}/${encodeURIComponent(names.join('!'))}`
}

function hostOf({ name, address, vars: own }: HostObject, { services }: Objects): MonitoredHost {
  const classes = Array.isArray(own?.classes) ? own.classes.filter((each) => typeof each === 'string') : []
  const checks = (services.get(name) ?? []).filter(isOurs).map((each) => each.name)
  return { name, address, classes, checks }
}
