require 'host_state'
require 'net/http'

module MCollective
  module Agent
    class Package < RPC::Agent
      action 'status' do
        report
      end

      action 'update' do
        unless installed?
          report
          reply.fail!("Package #{request[:package]} is not installed", 1)
        end
        HostState.change { |state| state['packages'][request[:package]] = state['repository'][request[:package]].last }
        restart
        report
      end

      action 'install' do
        wanted = request[:version] || HostState.read['repository'].fetch(request[:package], []).last
        unless HostState.read['repository'].fetch(request[:package], []).include?(wanted)
          report
          reply.fail!("no repository offers #{request[:package]} #{wanted}", 1)
        end
        HostState.change { |state| state['packages'][request[:package]] = wanted }
        restart
        report
      end

      # As the agent that Puppet Labs wrote answers with apt: by name, newest version and origin, and not at all when up to date.
      action 'checkupdates' do
        outdated = outdated_packages
        reply[:exitcode] = 0
        reply[:output] = outdated.map { |each| "Inst #{each[:package]} [#{each[:from]}] (#{each[:version]} #{each[:repo]} [all])\n" }.join
        reply[:outdated_packages] = outdated.map { |each| each.slice(:package, :version, :repo) }
        reply[:package_manager] = 'apt'
      end

      def outdated_packages
        state = HostState.read
        state['packages'].filter_map do |name, version|
          newest = state['repository'].fetch(name, []).last
          { :package => name, :version => newest, :repo => 'Test:1.0/stable', :from => version } if newest && newest != version
        end
      end

      # As a package's own script restarts its service, and returns when it is up again.
      def restart
        url = HostState.read['restart']
        Net::HTTP.get(URI(url)) if url
      end

      def installed?
        HostState.read['packages'].key?(request[:package])
      end

      # As the apt provider reports: the whole version in :ensure, nothing in :version and :release.
      def report
        reply[:name] = request[:package]
        reply[:ensure] = HostState.read['packages'].fetch(request[:package], 'absent')
        reply[:provider] = :apt
        [:version, :release, :arch, :epoch, :output].each { |name| reply[name] = nil }
      end
    end
  end
end
