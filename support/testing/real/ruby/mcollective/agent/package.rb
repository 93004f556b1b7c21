require 'digest'
require 'host_state'
require 'net/http'

module MCollective
  module Agent
    # Answers as the agent that Puppet Labs wrote does with puppet's apt provider: changes answer with what was so before.
    class Package < RPC::Agent
      action 'status' do
        report(properties)
      end

      action 'update' do
        change(:installed => true) do |name|
          newest = HostState.read['repository'].fetch(name, []).last
          apt('install', name) if newest != HostState.read['packages'][name]
          HostState.change { |state| state['packages'][name] = newest }
        end
      end

      action 'install' do
        change(:installed => !request[:version] && :refused) do |name|
          offered = HostState.read['repository'].fetch(name, [])
          wanted = request[:version] || offered.last
          unless offered.include?(wanted)
            failed("--force-yes install #{name}=#{wanted}", ["E: Version '#{wanted}' for '#{name}' was not found"])
          end
          apt('install', "#{name}=#{wanted}") if wanted != HostState.read['packages'][name]
          HostState.change { |state| state['packages'][name] = wanted }
        end
      end

      ['uninstall', 'purge'].each do |name|
        action name do
          change(:installed => true) do |package|
            apt('remove', package)
            HostState.change { |state| state['packages'].delete(package) }
          end
        end
      end

      # By name, newest version and origin with architecture; what is up to date or on hold is not listed.
      action 'checkupdates' do
        outdated = outdated_packages
        reply[:exitcode] = 0
        reply[:output] = outdated.map { |each| "Inst #{each[:package]} [#{each[:from]}] (#{each[:version]} localhost [all])\n" }.join
        reply[:outdated_packages] = outdated.map { |each| each.slice(:package, :version, :repo) }
        reply[:package_manager] = 'apt'
      end

      action 'md5' do
        lines = HostState.read['packages'].map { |name, version| "ii  #{name}  #{version}  all  a test package" }
        reply[:exitcode] = 0
        reply[:output] = Digest::MD5.hexdigest(lines.join("\n"))
      end

      def outdated_packages
        state = HostState.read
        state['packages'].filter_map do |name, version|
          newest = state['repository'].fetch(name, []).last
          next if newest.nil? || newest == version || on_hold?(name)
          { :package => name, :version => newest, :repo => 'localhost [all]', :from => version }
        end
      end

      # Replies carry the properties from before the change; what it raises has status 5.
      def change(needs)
        before = properties
        report(before)
        present = HostState.read['packages'].key?(request[:package])
        raise 'Package is not present on the system' if needs[:installed] == true && !present
        raise 'Package is already installed' if needs[:installed] == :refused && present
        # A host that lies answers as those do that have done it.
        return if HostState.read['lies']
        HostState.order("#{request.action} #{request[:package]}")
        sleep(HostState.read['slow'] || 0)
        yield request[:package]
        restart
      end

      def apt(action, what)
        name = what.split('=').first
        if on_hold?(name)
          failed("-o DPkg::Options::=--force-confold #{action} #{what}",
                 ['The following held packages will be changed:', "  #{name}",
                  'E: Held packages were changed and -y was used without --allow-change-held-packages.'])
        end
        return unless HostState.read['repositoryAway']
        failed("-o DPkg::Options::=--force-confold #{action} #{what}",
               ["Err:1 http://repository.example.net/debian ./ #{name} 4.2.6-3.el5", '  Could not connect to repository.example.net:80 (192.0.2.1). - connect (111: Connection refused)',
                "E: Failed to fetch http://repository.example.net/debian/./#{name}_4.2.6-3.el5_all.deb  Could not connect to repository.example.net:80 (192.0.2.1). - connect (111: Connection refused)",
                'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?'])
      end

      # As puppet tells of a program that failed: the whole command, then all that it printed, its errors at the very end.
      def failed(command, lines)
        told = ['Reading package lists...', 'Building dependency tree...', 'Reading state information...',
                'The following packages will be upgraded:', "  #{request[:package]}",
                '1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.', 'Need to get 1,084 B of archives.',
                'After this operation, 0 B of additional disk space will be used.', *lines]
        raise "Execution of '/usr/bin/apt-get -q -y #{command}' returned 100: #{told.join("\n")}"
      end

      # As a package's own script restarts its service, and returns when it is up again.
      def restart
        url = HostState.read['restart']
        Net::HTTP.get(URI(url)) if url
      end

      def on_hold?(name)
        (HostState.read['onHold'] || []).include?(name)
      end

      # The whole version in :ensure, nothing in :version and :arch; all that is said is text.
      def properties
        state = HostState.read
        name = request[:package]
        unless state['packages'].key?(name)
          return { :ensure => 'purged', :status => 'missing', :name => name, :error => 'ok', :provider => 'apt' }
        end
        held = on_hold?(name)
        { :desired => held ? 'hold' : 'install', :error => 'ok', :status => 'installed', :name => name,
          :ensure => state['packages'][name], :mark => held ? 'hold' : 'none', :provider => 'apt' }
      end

      def report(properties)
        properties.each { |name, value| reply[name] = value.to_s }
        [:version, :release, :arch, :epoch, :output].each { |name| reply[name] = nil }
      end
    end
  end
end
