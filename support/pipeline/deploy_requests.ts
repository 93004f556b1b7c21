import { join } from 'node:path'
import { nameInWish, WishFolder } from './wish_folder'

/** A wish of somebody about deploys. */
export type DeployRequest =
  /** Exactly this plan may be carried out. `run` is the run that made it: another plan may have the same name. */
  | { kind: 'approve'; repository: string; run: string; plan: string; by: string }
  /** The deploy is to be planned anew. */
  | { kind: 'plan'; repository: string; environment: string; by: string }
  /** Nothing of a rollout runs any more on the machine that began it. */
  | { kind: 'gone'; repository: string; run: string; by: string }

/** The wishes about deploys that people have left, each with the user whom its file belongs to. */
export class DeployRequests {
  private readonly folder: WishFolder

  constructor(state: string) {
    this.folder = new WishFolder(join(state, 'pipeline', 'wishes'))
  }

  /** Makes the folder, as the user of `lockstep serve`. */
  open(): void {
    this.folder.open()
  }

  /** @throws LockstepError `bad-config` where this user cannot write the folder */
  leave(request: DeployRequest): void {
    this.folder.leave(nameOf(request))
  }

  /** Returns what waits; what is no wish has no request, and comes last: it may be a folder that cannot be removed. */
  waiting(): { name: string; wish: { request: DeployRequest; owner: number } | undefined }[] {
    const all = this.folder.waiting().map(({ name, owner }) => {
      const request = owner === undefined ? undefined : parseName(name)
      return { name, wish: owner === undefined || request === undefined ? undefined : { request, owner } }
    })
    return [...all.filter(({ wish }) => wish), ...all.filter(({ wish }) => !wish)]
  }

  remove(name: string): void {
    this.folder.remove(name)
  }
}

function nameOf(request: DeployRequest): string {
  const { kind, repository } = request
  return `${kind}~${repository}~${whatIn(request)}~${nameInWish(request.by)}`
}

function whatIn(request: DeployRequest): string {
  switch (request.kind) {
    case 'approve':
      return `${request.run}~${request.plan}`
    case 'plan':
      return request.environment
    case 'gone':
      return request.run
  }
}

const REPOSITORY = '([a-z0-9][a-z0-9_-]{0,63})'
const APPROVE = new RegExp(`^approve~${REPOSITORY}~([0-9a-f-]{1,40})~([0-9a-f]{12})~([\\w.@-]*)$`)
const GONE = new RegExp(`^gone~${REPOSITORY}~([0-9a-f-]{1,40})~([\\w.@-]*)$`)
const PLAN = new RegExp(`^plan~${REPOSITORY}~([\\w.-]{1,80})~([\\w.@-]*)$`)

function parseName(name: string): DeployRequest | undefined {
  const [, approved, run, plan, approver] = APPROVE.exec(name) ?? []
  if (approved !== undefined && run !== undefined && plan !== undefined && approver !== undefined)
    return { kind: 'approve', repository: approved, run, plan, by: approver }
  const [, rolledOut, gone, teller] = GONE.exec(name) ?? []
  if (rolledOut !== undefined && gone !== undefined && teller !== undefined)
    return { kind: 'gone', repository: rolledOut, run: gone, by: teller }
  const [, repository, environment, by] = PLAN.exec(name) ?? []
  return repository === undefined || environment === undefined || by === undefined
    ? undefined
    : { kind: 'plan', repository, environment, by }
}
