import type { Rule } from '../rule'
import { approvalWhileOut } from './approval_while_out'
import { blockWithoutUnblock } from './block_without_unblock'
import { changeBeforeTheWave } from './change_before_the_wave'
import { changeInRotation } from './change_in_rotation'
import { deployWithoutLook } from './deploy_without_look'
import { deployStays } from './deploy_stays'
import { firewallCannot } from './firewall_cannot'
import { noHostCount } from './no_host_count'
import { noLoadBalancer } from './no_load_balancer'
import { noRepository } from './no_repository'
import { oppositeChecked } from './opposite_checked'
import { otherTagChecked } from './other_tag_checked'
import { otherVersionChecked } from './other_version_checked'
import { poolWithoutRoom } from './pool_without_room'
import { puppetRunWhileDisabled } from './puppet_run_while_disabled'
import { puppetWithoutCheck } from './puppet_without_check'
import { puppetWithoutNoop } from './puppet_without_noop'
import { unblockBeforeHealthCheck } from './unblock_before_health_check'
import { updateWithoutVersionCheck } from './update_without_version_check'
import { waveAfterTheRest } from './wave_after_the_rest'
import { waveAsLargeAsThePool } from './wave_as_large_as_the_pool'
import { wavesLeaveHosts } from './waves_leave_hosts'

export const rules: readonly Rule[] = [
  approvalWhileOut,
  blockWithoutUnblock,
  changeBeforeTheWave,
  changeInRotation,
  deployStays,
  deployWithoutLook,
  firewallCannot,
  noHostCount,
  noLoadBalancer,
  noRepository,
  oppositeChecked,
  otherTagChecked,
  otherVersionChecked,
  poolWithoutRoom,
  puppetRunWhileDisabled,
  puppetWithoutCheck,
  puppetWithoutNoop,
  unblockBeforeHealthCheck,
  updateWithoutVersionCheck,
  waveAfterTheRest,
  waveAsLargeAsThePool,
  wavesLeaveHosts,
]
