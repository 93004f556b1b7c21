/**
 * The parts of Lockstep that many runs have no use for. Each is loaded when it is first used, since every file that is
 * loaded takes time at every start. Libraries are loaded lazily where they are used, each in one file.
 */
export const lazy = {
  get agentsNeeded() {
    return require('../lint/agents_needed') as typeof import('../lint/agents_needed')
  },
  get approval() {
    return require('./approval') as typeof import('./approval')
  },
  get balancersNeeded() {
    return require('../lint/balancers_needed') as typeof import('../lint/balancers_needed')
  },
  get beginInChild() {
    return require('../planning/begin_in_child') as typeof import('../planning/begin_in_child')
  },
  get command() {
    return require('../system/command') as typeof import('../system/command')
  },
  get downtimes() {
    return {
      ...(require('../config/monitoring_setting') as typeof import('../config/monitoring_setting')),
      ...(require('../monitoring/downtimes') as typeof import('../monitoring/downtimes')),
      ...(require('../monitoring/systems/icinga_api') as typeof import('../monitoring/systems/icinga_api')),
      ...(require('../monitoring/systems/icinga_downtimes') as typeof import('../monitoring/systems/icinga_downtimes')),
      ...(require('../monitoring/systems/memory_downtimes') as typeof import('../monitoring/systems/memory_downtimes')),
      ...(require('../monitoring/systems/nagios_downtimes') as typeof import('../monitoring/systems/nagios_downtimes')),
    }
  },
  get downtimesNeeded() {
    return require('../lint/downtimes_needed') as typeof import('../lint/downtimes_needed')
  },
  get controlHost() {
    return require('../analysis/control_host') as typeof import('../analysis/control_host')
  },
  get embedded() {
    return require('../simulation/embedded') as typeof import('../simulation/embedded')
  },
  get haproxy() {
    return {
      ...(require('../balancers/haproxy/backend') as typeof import('../balancers/haproxy/backend')),
      ...(require('../balancers/haproxy/balancer') as typeof import('../balancers/haproxy/balancer')),
    }
  },
  get extensions() {
    return {
      ...(require('../config/extensions_setting') as typeof import('../config/extensions_setting')),
      ...(require('../extensions/load_extensions') as typeof import('../extensions/load_extensions')),
    }
  },
  get history() {
    return require('../history/recording') as typeof import('../history/recording')
  },
  get hostLeases() {
    return require('../locks/host_leases') as typeof import('../locks/host_leases')
  },
  get nats() {
    return {
      ...(require('../connectors/nats_connector') as typeof import('../connectors/nats_connector')),
      ...(require('../protocol/security/choria') as typeof import('../protocol/security/choria')),
    }
  },
  get idempotence() {
    return require('../planning/idempotence') as typeof import('../planning/idempotence')
  },
  get inCi() {
    return require('../reporting/ci/in_ci') as typeof import('../reporting/ci/in_ci')
  },
  get inventory() {
    return {
      ...(require('../inventory/expected_hosts') as typeof import('../inventory/expected_hosts')),
      ...(require('../inventory/inventory') as typeof import('../inventory/inventory')),
    }
  },
  get leftLocks() {
    return require('../locks/left_locks') as typeof import('../locks/left_locks')
  },
  get teamBalancer() {
    return {
      ...(require('../balancers/team/balancer') as typeof import('../balancers/team/balancer')),
      ...(require('../balancers/team/guarded_balancer') as typeof import('../balancers/team/guarded_balancer')),
    }
  },
  get linting() {
    return require('../reporting/console/linting') as typeof import('../reporting/console/linting')
  },
  get lockstepYaml() {
    return require('../config/lockstep_yaml') as typeof import('../config/lockstep_yaml')
  },
  get mixed() {
    return require('../mixed/mixed_road') as typeof import('../mixed/mixed_road')
  },
  get notifications() {
    return require('./notification_listener') as typeof import('./notification_listener')
  },
  get pipeline() {
    return {
      ...(require('../pipeline/build_result') as typeof import('../pipeline/build_result')),
      ...(require('../pipeline/pipeline_journal') as typeof import('../pipeline/pipeline_journal')),
      ...(require('../pipeline/pipeline_state') as typeof import('../pipeline/pipeline_state')),
    }
  },
  get planner() {
    return require('../planning/planner') as typeof import('../planning/planner')
  },
  get recovery() {
    return require('../reporting/recovery') as typeof import('../reporting/recovery')
  },
  get rehearsal() {
    return require('../rehearsal/rehearsal') as typeof import('../rehearsal/rehearsal')
  },
  get rehearsedFleet() {
    return require('../rehearsal/rehearsed_fleet') as typeof import('../rehearsal/rehearsed_fleet')
  },
  get reports() {
    return require('../reporting/reports') as typeof import('../reporting/reports')
  },
  get runLocks() {
    return require('./run_locks') as typeof import('./run_locks')
  },
  get openHistory() {
    return require('../history/open_history') as typeof import('../history/open_history')
  },
  get tickets() {
    return require('../history/tickets') as typeof import('../history/tickets')
  },
  get truth() {
    return require('../rehearsal/actual_state') as typeof import('../rehearsal/actual_state')
  },
  get variablesFile() {
    return require('../config/variables_file') as typeof import('../config/variables_file')
  },
}
