import type { Connector } from '../connectors/connector'
import type { ClientSecurity } from '../protocol/security/security'
import { HomeRoads } from './home_roads'
import { MixedConnector, type MixedConnectorOptions } from './mixed_connector'
import { MixedSecurity } from './mixed_security'
import type { RoadMember } from './road_member'

/**
 * Returns several roads as one. A host is on one road: the one that the inventory names, or else the one by which it
 * answers a ping. It is asked by that road alone, and answers by that road alone count.
 */
export function mixedRoad(
  members: readonly RoadMember[],
  options: Pick<MixedConnectorOptions, 'clock' | 'findWithinMs' | 'writtenRoads'>,
): { connector: Connector; security: ClientSecurity } {
  const homes = new HomeRoads()
  const security = new MixedSecurity(members[0]?.security.callerid ?? '', homes)
  return { connector: new MixedConnector({ ...options, members, homes, security }), security }
}
