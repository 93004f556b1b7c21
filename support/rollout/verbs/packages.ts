import { asking, telling, type Order } from '../engine/change'
import type { Patience } from '../engine/look'
import type { StepContext } from '../engine/step_context'
import type { Answer } from '../model/answers'
import type { HostGateway } from '../model/obligation'
import { observationOf, type Reading } from '../model/reading'
import type { Verdict } from '../model/verdict'
import { isSameVersion } from '../model/versions'
import {
  ensureIn,
  isVersion,
  NOT_INSTALLED,
  orderIn,
  packageStatus,
  versionIn,
  versionsIn,
} from './package_answer'
import { lookAtOffer, PACKAGE_LISTS, REFRESHED, refreshLists } from './package_lists'
import { packageResource, plannablePackage } from './plannable_package'
import { asSeen, VersionLook, VersionsAfter } from './versions_after'
import type { VersionsBefore } from './versions_before'

interface Around {
  before: VersionsBefore
  /** The way to hosts outside of lines: after a failure, and at the end of the rollout. */
  gateway: HostGateway
  /** Returns the verdict that stopped the rollout; undefined when none did. */
  failure: () => Verdict | undefined
}

export class Packages {
  private readonly after: VersionsAfter

  constructor(
    private readonly step: StepContext,
    private readonly around: Around,
  ) {
    this.after = new VersionsAfter(step)
  }

  /**
   * Updates a package to the newest version that each host's own repository offers. Only a host's own word tells that
   * it was carried out.
   */
  update(name: string): Promise<Verdict> {
    return this.change(name, 'update', undefined)
  }

  install(name: string, wanted: string): Promise<Verdict> {
    return this.change(name, 'install', wanted)
  }

  /** Has hosts read the package lists of all their sources again; a host that could not read one has failed. */
  refreshLists(): Promise<Verdict> {
    return this.step.executor.change(refreshLists())
  }

  /** Looks whether each host could install a version. */
  shouldBeAvailable(name: string, wanted: string): Promise<Verdict> {
    return this.step.executor.look(lookAtOffer(name, wanted))
  }

  async versionShouldBe(name: string, wanted: string, patience?: Patience): Promise<Verdict> {
    const judge = (seen: string, answer: Answer): Reading => ({
      passed: isSameVersion(seen, wanted, orderIn(answer)),
      seen,
    })
    const subject = { resource: packageResource(name), judge }
    const look = { request: packageStatus(name), read: isVersion(wanted), patience, subject }
    const verdict = await this.step.executor.look(look)
    await this.after.writeDown(name, versionsIn(verdict))
    return verdict
  }

  async shouldBe(name: string, wanted: 'installed' | 'absent'): Promise<Verdict> {
    const judge = (seen: string) => ({ passed: NOT_INSTALLED.has(seen) === (wanted === 'absent'), seen })
    const read = (answer: Answer) => {
      const reading = judge(versionIn(answer))
      // An answer without a version says nothing of whether there is one.
      return { ...reading, passed: reading.passed && (ensureIn(answer) ?? '') !== '' }
    }
    const subject = { resource: packageResource(name), judge }
    const verdict = await this.step.executor.look({ request: packageStatus(name), read, subject })
    await this.after.writeDown(name, versionsIn(verdict))
    return verdict
  }

  /**
   * Looks at hosts whose new version no line has looked at, so that it is known afterwards. Hosts that have fallen
   * silent are not waited for once more. Concludes nothing: it is no step.
   */
  seeWhatBecame(): Promise<void> {
    const failing = this.around.failure()?.observations ?? []
    const silent = new Set(failing.flatMap(({ host, kind }) => (kind === 'silent' ? [host] : [])))
    return this.after.lookAtUnseen(silent, this.around.gateway)
  }

  /** Returns the packages that this rollout has changed, each with the version that each host had before. */
  touched(): { name: string; had: ReadonlyMap<string, string> }[] {
    return this.around.before.touched()
  }

  /** Brings hosts back to a version, or to none. Concludes nothing: it is no step. */
  async putBack(name: string, version: string, hosts: readonly string[]): Promise<Verdict> {
    const { gateway } = this.around
    const absent = NOT_INSTALLED.has(version)
    const inputs = absent ? { package: name } : { package: name, version }
    await telling({ agent: 'package', action: absent ? 'uninstall' : 'install', inputs })(hosts, gateway)
    const look = await asking(packageStatus(name))(hosts, gateway)
    const observations = hosts.map((host) =>
      observationOf(host, look, (answer) => {
        const reading = isVersion(version)(answer)
        return absent
          ? { ...reading, passed: answer.kind === 'answered' && NOT_INSTALLED.has(reading.seen) }
          : reading
      }),
    )
    await this.after.writeDown(name, versionsIn({ observations }))
    return { observations, unexpected: look.unexpected }
  }

  /** Installs the wanted version, or brings a package to the newest where `wanted` is undefined. */
  private change(name: string, action: 'install' | 'update', wanted: string | undefined): Promise<Verdict> {
    const { before } = this.around
    const looked = new VersionLook(name)
    const inputs = { package: name, ...(wanted === undefined ? {} : { version: wanted }) }
    return this.step.executor.change({
      ...(before.areNeeded
        ? { beforehand: (hosts, gateway) => before.record(name, hosts, wanted, gateway) }
        : {}),
      order: {
        tell: telling({ agent: 'package', action, inputs }),
        ...(wanted === undefined ? {} : confirmVersion(wanted, looked)),
        afterwards: (done, gateway) => this.seen(name, done, { looked, wanted }, gateway),
      },
      plannable: plannablePackage(name, wanted, {
        baselineOf: (host, now) => before.plannedBaseline(name, host, now),
        willRefresh: (host) => {
          const expected = this.step.executor.expect(PACKAGE_LISTS, host)
          return typeof expected === 'object' && expected.state === REFRESHED
        },
      }),
      repeatable: true,
    })
  }

  /**
   * Looks at hosts where their own word is not enough. Where one of them failed, no line after this one looks at any.
   * An update may have brought an older version.
   */
  private async seen(
    name: string,
    done: Verdict,
    { looked, wanted }: { looked: VersionLook; wanted: string | undefined },
    gateway: HostGateway,
  ): Promise<Verdict> {
    const { before } = this.around
    const said = done.observations.flatMap(({ host, kind }) => (kind === 'silent' ? [] : [host]))
    this.after.expectChanged(name, said)
    const mayHaveGoneBack = before.mayHaveGoneBack(name, wanted)
    const hasFailed = done.observations.some(({ passed }) => !passed)
    const unexpected = hasFailed || mayHaveGoneBack ? await looked.at(said, gateway) : []
    await this.after.writeDown(name, looked.versions)
    const seen = asSeen(done, looked, (answer) => wanted === undefined || isVersion(wanted)(answer).passed)
    const observations = mayHaveGoneBack
      ? seen.observations.map((each) => before.refuseToGoBack(name, each, looked.versions.get(each.host)))
      : seen.observations
    return { observations, unexpected: [...done.unexpected, ...unexpected] }
  }
}

/** Returns how hosts are believed that say that they installed a version. */
function confirmVersion(wanted: string, looked: VersionLook): Pick<Order, 'contradicts' | 'verify'> {
  return {
    contradicts: (answer) => ensureIn(answer) !== undefined && !isVersion(wanted)(answer).passed,
    verify: { ask: looked.ask, read: isVersion(wanted) },
  }
}
