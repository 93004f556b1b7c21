require 'host_state'

module MCollective
  module Agent
    class Nrpe < RPC::Agent
      action 'runcommand' do
        code = HostState.read['checks'].fetch(request[:command], 3)
        name = %w[OK WARNING CRITICAL UNKNOWN][code]
        reply[:exitcode] = code
        reply[:output] = "#{name} - of a test host"
        reply[:perfdata] = 'time=0.1s;1;2;0'
        reply[:command] = request[:command]
        reply.fail!(name, 1) unless code.zero?
      end
    end
  end
end
