import type { Answers } from '../rollout/model/answers'
import type { HostGateway } from '../rollout/model/obligation'
import { tellNobody } from '../system/wait'

/** Returns a gateway of no rollout, in real time: it keeps no record, and only tests have a use for it. */
export function localGateway(ask: HostGateway['ask']): HostGateway {
  return {
    ask,
    record: async (_request, _hosts, work): Promise<Answers> => ({
      requestId: 'a'.repeat(32),
      outcomes: await work(),
      unexpected: [],
      interrupted: false,
    }),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    elapsed: () => performance.now(),
    tellWait: tellNobody,
  }
}
