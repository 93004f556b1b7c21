import type { SpoolSetting } from '../config/pipeline_setting'
import { LockstepError } from '../system/errors'
import type { SpoolAccount, SpoolAccounts } from './format_pipeline'
import { openAnnouncements, openRevisions, Spool } from './spool'

/** Returns what waits in the spools of a configuration, or why it is not known. */
export function accountForSpools(
  setting: Pick<SpoolSetting, 'path' | 'isUsed' | 'isForPackages' | 'isForRevisions'> | undefined,
): SpoolAccounts | { fault: string } {
  if (setting === undefined) return { account: undefined, announcements: undefined, revisions: undefined }
  try {
    return {
      account: setting.isUsed ? accountOf(new Spool(setting.path)) : undefined,
      announcements: setting.isForPackages ? accountOf(openAnnouncements(setting.path)) : undefined,
      revisions: setting.isForRevisions ? accountOf(openRevisions(setting.path)) : undefined,
    }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { fault: error.message }
  }
}

function accountOf(spool: Spool): SpoolAccount {
  return { path: spool.path, waiting: spool.waiting().length, refused: spool.countRefused() }
}
