import { converge } from './converge'
import { lookWith, observe, shown, type Patience, type Sight } from './observe'
import type { Answer } from './ports'
import type { Rollout } from './rollout'
import type { Verdict } from './verdict'

const NOT_INSTALLED = new Set(['absent', 'purged'])

export class Packages {
  constructor(private readonly rollout: Rollout) {}

  /** To the newest that each host's own repository offers. Only a host's own word tells that it was carried out. */
  update(name: string): Promise<Verdict> {
    return converge(this.rollout, {
      order: (hosts) =>
        this.rollout.ask(
          { agent: 'package', action: 'update', inputs: { package: name }, changes: true },
          hosts,
        ),
      done: version,
    })
  }

  install(name: string, wanted: string): Promise<Verdict> {
    const inputs = { package: name, version: wanted }
    return converge(this.rollout, {
      order: (hosts) =>
        this.rollout.ask({ agent: 'package', action: 'install', inputs, changes: true }, hosts),
      done: version,
      verify: { look: this.status(name), read: isVersion(wanted) },
    })
  }

  versionShouldBe(name: string, wanted: string, patience?: Patience): Promise<Verdict> {
    return observe(this.rollout, this.status(name), isVersion(wanted), patience)
  }

  shouldBe(name: string, wanted: 'installed' | 'absent'): Promise<Verdict> {
    return observe(this.rollout, this.status(name), (answer) => {
      const seen = version(answer)
      const known = answer.kind === 'answered'
      return { held: known && NOT_INSTALLED.has(seen) === (wanted === 'absent'), seen }
    })
  }

  private status(name: string) {
    return lookWith(this.rollout, { agent: 'package', action: 'status', inputs: { package: name } })
  }
}

function isVersion(wanted: string): (answer: Answer) => Sight {
  return (answer) => {
    const seen = version(answer)
    return { held: answer.kind === 'answered' && seen === wanted, seen }
  }
}

function version(answer: Answer): string {
  if (answer.kind === 'failed') return answer.message || 'failed without saying why'
  return answer.kind === 'answered' ? shown(answer.data['ensure'] ?? 'done') : answer.kind
}
