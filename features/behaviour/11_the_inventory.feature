@behaviour
Feature: 11. The inventory
    Discovery says who is there; the inventory says who should be. A roll call that knows both misses no host, and adds none.

    Background:
        Given a feature "own.feature" with the steps:
            """
            Given I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=fr
            And I want to pre-discover how many hosts to update
            Then every host should answer
            """
        And the environment variable "LOCKSTEP_INVENTORY" is "hosts.csv"

    Scenario: A rollout passes when all hosts of the inventory are discovered
        Discovery alone cannot tell a whole fleet from a part of it.

        Given a file "hosts.csv":
            """
            host,role,country
            web9.example.net,roles::dev_server,fr
            web10.example.net,roles::dev_server,fr
            web1.example.net,roles::dev_server,de
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "2/2 hosts"

    Scenario: A host of the inventory that is not discovered fails the rollout
        A host that is down during the rollout comes back later with the old version.

        Given a file "hosts.csv":
            """
            host,role,country
            web9.example.net,roles::dev_server,fr
            web10.example.net,roles::dev_server,fr
            web77.example.net,roles::dev_server,fr
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "2/3 hosts"
        And it should say "in the inventory, not discovered web77.example.net"
        And it should show no stack trace

    Scenario: A host that is discovered, and not in the inventory, fails the rollout
        A private test host would be updated with the fleet.

        Given a file "hosts.csv":
            """
            host,role,country
            web9.example.net,roles::dev_server,fr
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "unexpected: web10.example.net discovered, and not in the inventory with class roles::dev_server and fact country=fr"

    Scenario: Hosts that are not in the inventory are left alone, and named
        A team may know of such hosts, and still wants to see which those are.

        Given a feature "own.feature" with the steps:
            """
            Given hosts that are not in the inventory are left alone
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=fr
            And I want to pre-discover how many hosts to update
            Then every host should answer
            """
        And a file "hosts.csv":
            """
            host,role,country
            web9.example.net,roles::dev_server,fr
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "noted: web10.example.net discovered, and not in the inventory"
        And the step "every host should answer" should have counted:
            | expected   | 1 |
            | answered   | 1 |
            | diverged   | 0 |
            | silent     | 0 |
            | unexpected | 0 |
            | out        | 0 |

    Scenario: A feature is for the hosts of an environment, by the column of the inventory
        Hosts of all environments share a broker and a class. Those of another row are left alone, and named.

        Given a feature "own.feature" with the steps:
            """
            Given the hosts of environment production
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=fr
            And I want to pre-discover how many hosts to update
            Then every host should answer
            """
        And a file "hosts.csv":
            """
            host,environment,role,country
            web9.example.net,production,roles::dev_server,fr
            web10.example.net,test,roles::dev_server,fr
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "noted: left alone, by their row of the inventory: web10.example.net in test"
        And the step "every host should answer" should have counted:
            | expected   | 1 |
            | answered   | 1 |
            | diverged   | 0 |
            | silent     | 0 |
            | unexpected | 0 |
            | out        | 0 |

    Scenario: A host is named that puppet has in another environment than the inventory
        It would get the code of the other environment.

        Given a feature "own.feature" with the steps:
            """
            Given the hosts of environment test
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=fr
            When I update the package mywebapp
            """
        And a file "hosts.csv":
            """
            host,environment,role,country
            web9.example.net,test,roles::dev_server,fr
            web10.example.net,test,roles::dev_server,fr
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "is in production by its own fact environment, and in test by the inventory"

    Scenario: A plan is for the hosts of the environment of the run, and of no other
        Hosts of two environments share a broker. What is planned for one is not run in the other.

        Given a feature "own.feature" with the steps:
            """
            Given the hosts of environment production
            And I want to update hosts with class roles::dev_server
            And I want to update hosts with fact country=fr
            When I run puppet in noop
            Then the service mywebapp should be running
            """
        And a fleet that runs elsewhere, and an mco configuration for it
        And a file "lockstep.yaml":
            """
            environments:
              test: { client_config: client.cfg, inventory: [hosts.csv] }
              production: { client_config: client.cfg, inventory: [hosts.csv] }
            """
        And a file "hosts.csv":
            """
            host,environment,role,country
            web9.example.net,production,roles::dev_server,fr
            web10.example.net,test,roles::dev_server,fr
            """
        And the environment variable "LOCKSTEP_ENVIRONMENT" is "production"
        When I run cucumber-js "-p plan own.feature"
        Then it should exit with 0
        And it should say "left alone, by their row of the inventory: web10.example.net in test"
        Given the environment variable "LOCKSTEP_ENVIRONMENT" is "test"
        When I run cucumber-js "-p plan own.feature"
        Then it should exit with 2
        And it should say "this run is in test; run it with --environment production"
        And no host should have been told to change anything

    Scenario: An environment that no row has is refused
        A misspelt environment would be a rollout to no host.

        Given a feature "own.feature" with the steps:
            """
            Given the hosts of environment tset
            Then every host should answer
            """
        And a file "hosts.csv":
            """
            host,environment
            web9.example.net,test
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "no host of the inventory has the environment tset; there are: test"
        And it should show no stack trace

    Scenario: The first change waits until discovery and inventory agree
        The first change would already reach hosts that are not part of the fleet.

        Given a feature "own.feature" with the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And I want to update hosts with class roles::dev_server
            When I block the load balancer
            """
        And a file "hosts.csv":
            """
            host,role
            web9.example.net,roles::dev_server
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 1
        And it should say "9 hosts discovered, and not in the inventory with class roles::dev_server"
        And 0 hosts should be out of rotation

    Scenario: A filter that no host of the inventory matches is named
        A misspelt class would make an empty rollout that passes.

        Given a file "hosts.csv":
            """
            host,country
            web9.example.net,fr
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 3
        And it should say "the inventory has no host with class roles::dev_server and fact country=fr; nothing was done"

    Scenario Outline: A mistake in a file is named, with its line: <what>
        A column that is read wrongly sends the rollout to other hosts.

        Given a file "hosts.csv":
            """
            <header>
            web9.example.net,<cells>
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "<said>"
        And it should show no stack trace

        Examples:
            | what              | header            | cells                 | said                                                           |
            | another delimiter | host;role;country | roles::dev_server,fr  | has no column host, and would have one separated by semicolons |

        @long
        Examples:
            | what              | header            | cells                 | said                                                           |
            | an unknown fact   | host,role,city    | roles::dev_server,fr  | no host of the inventory has the fact country                  |

    Scenario: A sentence about an inventory is refused where there is none
        The author believes that unknown hosts are left alone, and none would be.

        Given a feature "own.feature" with the steps:
            """
            Given hosts that are not in the inventory are left alone
            And I want to update hosts with class roles::dev_server
            Then every host should answer
            """
        And the environment variable "LOCKSTEP_INVENTORY" is not set
        When I run cucumber-js "own.feature"
        Then it should exit with 2
        And it should say "there is no inventory that hosts could be missing in; name one in lockstep.yaml"

    Scenario Outline: An environment has an inventory of its own, from several sources: -p <profile>
        Hosts of production would be missed in test, and the other way round.

        Given a fleet that runs elsewhere, and an mco configuration for it
        And a file "lockstep.yaml":
            """
            default: test
            environments:
              test:
                client_config: client.cfg
                discovery_window: 2 seconds
                inventory: [hosts.csv, { yaml: more.yaml }, discovery]
              production:
                client_config: client.cfg
            """
        And a file "hosts.csv":
            """
            host,environment,role
            web9.example.net,test,roles::dev_server
            web10.example.net,test,roles::dev_server
            web77.example.net,production,roles::dev_server
            """
        And a file "more.yaml":
            """
            hosts:
              web9.example.net: { facts: { country: fr } }
              web10.example.net: { facts: { country: fr } }
              web77.example.net: { facts: { country: fr } }
            """
        When I run cucumber-js "-p <profile> own.feature"
        Then it should exit with 0
        And it should say "2/2 hosts"

        Examples:
            | profile |
            | live    |

        @long
        Examples:
            | profile |
            | plan    |

    Scenario: Puppet gets its classes from the same inventory
        Two lists of the same hosts differ after a week, and the rollout follows the wrong one.

        Given a file "lockstep.yaml":
            """
            environments:
              production:
                client_config: client.cfg
                inventory: [hosts.csv]
            """
        And a file "hosts.csv":
            """
            host,role,country
            web9.example.net,roles::dev_server,fr
            """
        When I run lockstep "enc web9.example.net"
        Then it should exit with 0
        And it should say:
            """
            "classes":
              - "roles::dev_server"
            "environment": "production"
            "parameters":
              "role": "roles::dev_server"
              "country": "fr"
            """
        When I run lockstep "enc web10.example.net"
        Then it should exit with 1
        And it should say 'the inventory of production has no host "web10.example.net"'
