require 'host_state'

module MCollective
  module Agent
    class Nrpe < RPC::Agent
      action 'runallcommands' do
        reply[:commands] = HostState.read['checks'].to_h do |name, code|
          [name, { :exitcode => code, :output => "#{%w[OK WARNING CRITICAL UNKNOWN][code]} - of a test host|time=0.1s;1;2;0" }]
        end
      end

      action 'runcommand' do
        code = HostState.read['checks'].fetch(request[:command], 3)
        name = %w[OK WARNING CRITICAL UNKNOWN][code]
        reply[:exitcode] = code
        known = HostState.read['checks'].key?(request[:command])
        reply[:output] = known ? "#{name} - of a test host" : "No such command: #{request[:command]}"
        reply[:perfdata] = 'time=0.1s;1;2;0'
        reply[:command] = request[:command]
        reply.fail!(name, 1) unless code.zero?
      end
    end
  end
end
