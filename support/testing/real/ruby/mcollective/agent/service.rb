require 'host_state'

module MCollective
  module Agent
    class Service < RPC::Agent
      action 'status' do
        reply[:status] = state
      end

      { 'start' => 'running', 'stop' => 'stopped' }.each do |name, wanted|
        action name do
          if state == wanted
            reply[:status] = wanted
            reply.fail!("Could not #{name} service '#{request[:service]}': it is already #{wanted}", 1)
          end
          become(wanted)
        end
      end

      action 'restart' do
        become('running')
      end

      def state
        HostState.read['services'].fetch(request[:service], 'stopped')
      end

      def become(wanted)
        HostState.change { |all| all['services'][request[:service]] = wanted }
        reply[:status] = state
      end
    end
  end
end
