require 'host_state'

module MCollective
  module Agent
    class Iptables < RPC::Agent
      action 'block' do
        ip = request[:ipaddr]
        HostState.order("block #{ip}")
        reply[:blocked] = true
        if blocked.include?(ip)
          reply[:output] = ''
          reply.fail!("#{ip} is already blocked", 1)
        end
        HostState.change { |state| state['blocked'] << ip }
        reply[:output] = "#{ip} was blocked"
      end

      action 'unblock' do
        ip = request[:ipaddr]
        HostState.order("unblock #{ip}")
        reply[:blocked] = false
        reply.fail!("#{ip} is not blocked", 1) unless blocked.include?(ip)
        HostState.change { |state| state['blocked'].delete(ip) }
        reply[:output] = "#{ip} was unblocked"
      end

      action 'isblocked' do
        reply[:blocked] = blocked.include?(request[:ipaddr])
        reply[:output] = "#{request[:ipaddr]} is #{reply[:blocked] ? '' : 'not '}blocked"
      end

      action 'listblocked' do
        reply[:blocked] = blocked
      end

      def blocked
        HostState.read['blocked']
      end
    end
  end
end
