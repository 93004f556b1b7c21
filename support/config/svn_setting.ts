import * as v from 'valibot'
import { LockstepError } from '../system/errors'

const ADDRESS =
  'svn://…, svn+ssh://…, https://… or file:///…, without a password, an @ behind the host, or spaces'
const LAYOUTS = ['standard', 'trunk'] as const

/** The schema of the address of a Subversion repository. The bindings that git svn uses misread a path with an @. */
export const svnSetting = v.optional(
  v.pipe(
    v.string(ADDRESS),
    v.regex(
      /^(?:(?:https?|svn|svn\+ssh):\/\/(?:[\w.-]+@)?[\w.:[\]-]+|file:\/\/(?=\/))(?:\/[^\s\p{Cc}@?#"\\]*)?$/u,
      ADDRESS,
    ),
  ),
)

/** The schema of `layout`. */
export const layoutSetting = v.optional(v.picklist(LAYOUTS, LAYOUTS.join(' or ')))

/** A Subversion repository, of which a git mirror is kept. */
export interface SvnSettings {
  /** The address of the folder that has `trunk`, `branches` and `tags`, or that is the trunk; without a slash at its end. */
  address: string
  /** `standard`: trunk, branches and tags lie below the address. `trunk`: the address is the trunk, and there is no more. */
  layout: (typeof LAYOUTS)[number]
}

/** The keys of a repository that say where it is, and those that have its commits used on other machines. */
interface Written {
  url?: string | undefined
  svn?: string | undefined
  layout?: SvnSettings['layout'] | undefined
  trigger: readonly unknown[]
  ci?: { by?: unknown; reports?: unknown; jenkins?: unknown } | undefined
  status?: object | undefined
  after_success: Readonly<Record<string, string>>
}

/**
 * Returns where a repository is. For one of Subversion, `url` is the git address at which its mirror is served, or its own
 * address where it is served at none: git fetches from neither.
 * @throws LockstepError `bad-config` for what a mirror that nothing serves cannot do
 */
export function resolveAddress(
  written: Written,
  where: (...below: string[]) => string,
): { url: string; svn?: SvnSettings } {
  const { url, svn, layout = 'standard', trigger } = written
  const refuse = (at: string, what: string) => new LockstepError('bad-config', `${at}: ${what}`)
  if (svn === undefined) {
    if (written.layout !== undefined)
      throw refuse(where('layout'), 'layout is for Subversion alone; expected svn: an address beside it')
    if (url !== undefined) return { url }
    throw refuse(
      where(),
      'where the repository is is not said; expected url: an address of git, or svn: one of Subversion',
    )
  }
  if (trigger.some((one) => one !== 'hook'))
    throw refuse(
      where('trigger'),
      'Subversion tells of revisions by its post-commit hook alone; expected trigger: [hook]',
    )
  const elsewhere = url === undefined ? usesElsewhere(written) : undefined
  if (elsewhere !== undefined)
    throw refuse(
      where(...elsewhere.at),
      `${elsewhere.what} the git mirror of ${svn} from other machines; expected beside it url: the git address at which you serve that mirror`,
    )
  return { url: url ?? svn, svn: { address: svn.replace(/\/+$/, ''), layout } }
}

/** Returns the first key by which others than this machine need the commits of the mirror. */
function usesElsewhere({ ci, status, after_success: acts }: Written) {
  const kind = (['by', 'reports', 'jenkins'] as const).find((name) => ci?.[name] !== undefined)
  if (kind !== undefined) return { at: ['ci', kind], what: 'its builds fetch' }
  if (status !== undefined) return { at: ['status'], what: 'the server that shows statuses fetches' }
  const environment = Object.keys(acts).find((name) => acts[name] !== 'nothing')
  return environment === undefined
    ? undefined
    : { at: ['after_success', environment], what: 'its hosts fetch' }
}
