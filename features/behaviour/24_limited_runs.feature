@behaviour
Feature: 24. Limited runs
    `LOCKSTEP_LIMIT` narrows a run to some hosts of its roll call. All else of the feature holds, and every report says
    that the run was limited.

    Background:
        Given a file "release.feature":
            """
            @OPS-123
            Feature: Release
              Background:
                Given this is release 2026.11.3
                And I want to update hosts with class roles::dev_server
                And I want to update hosts with fact country=de
                And I want to pre-discover how many hosts to update
                And there should be exactly 8 hosts
              Scenario: The website
                When I update the package mywebapp
                Then the package version for mywebapp should be 4.2.6-3.el5
            """
        And the environment variable "LOCKSTEP_LIMIT" is "web[1-2].example.net"

    Scenario: A limited run touches its hosts alone, says so, and is no release of the whole environment
        A release that only two hosts have is taken for rolled out, and the next environment gets it.

        Given a fleet that runs elsewhere, and an mco configuration for it
        And a HAProxy in front of it
        And a file "next.feature":
            """
            Feature: Next
              @long
              Scenario: It has been in test
                Given I want to update hosts with class roles::dev_server
                Then release 2026.11.3 should have passed in test
            """
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        And it should say "limited to web[1-2].example.net"
        And it should say "PASSED 7 steps on 2 hosts"
        And it should say "limited to 2 of 8 hosts: web[1-2].example.net"
        And the file "reports/rollout.html" should contain "limited to 2 of 8 hosts: web[1-2].example.net"
        And the file "reports/junit.xml" should contain "limited to 2 of 8 hosts: web[1-2].example.net"
        And the file "reports/run.json" should contain '"within":2,"of":8'
        When the reports are kept aside, and removed
        And I run lockstep "report <run>" for the last run
        Then the reports in "reports" should be those that the run left
        When I run lockstep "history --release 2026.11.3"
        Then it should say "limited to 2 of 8 hosts: web[1-2].example.net"
        Given the environment variable "LOCKSTEP_LIMIT" is not set
        When I run cucumber-js "-p live next.feature"
        Then it should exit with 6
        And it should say "was limited, and no run has brought web[3-8].example.net on"
        Given the environment variable "LOCKSTEP_LIMIT" is "web[3-8].example.net"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 0
        Given the environment variable "LOCKSTEP_LIMIT" is not set
        When I run cucumber-js "-p live next.feature"
        Then it should say "release 2026.11.3 passed in test on 8 hosts"

    Scenario: A limit that names another host is refused before any host is touched
        A misspelt host would be left out, and the run would pass without it.

        Given the environment variable "LOCKSTEP_LIMIT" is "web[1-2].example.net,web33.example.net"
        When I run cucumber-js "release.feature"
        Then it should exit with 2
        And it should say "the limit names web33.example.net (the closest is web3.example.net), which is not in the roll call of 8 hosts"
        And it should not say "update the package mywebapp 2/2"
        Given the environment variable "LOCKSTEP_LIMIT" is "web[1-2.example.net"
        When I run cucumber-js "release.feature"
        Then it should exit with 2
        And it should say "opens a bracket and does not close it; nothing was sent"
        Given the environment variable "LOCKSTEP_LIMIT" is " "
        When I run cucumber-js "release.feature"
        Then it should exit with 2
        And it should say "LOCKSTEP_LIMIT is empty"

    Scenario: The whole pool counts for what has to stay in service, waves are of the limited hosts
        Two hosts more are the last ones, where the others are out of rotation already.

        Given a feature "own.feature" with waves "50%, the rest" and the steps:
            """
            Given the load balancer has ip address 192.168.1.1
            And at least 7 hosts of the pool must stay in service
            When I block the load balancer
            And I unblock the load balancer
            """
        When I run cucumber-js "own.feature"
        Then it should exit with 0
        And it should say "I take 50% wave 1 of 2 · 1/1 hosts"
        Given the environment variable "LOCKSTEP_LIMIT" is "web[1-4].example.net"
        When I run cucumber-js "own.feature"
        Then it should exit with 6
        And it should say "8 of 8 hosts of the pool are in service; with 2 hosts out there would be 6, and 7 must stay"

    @long
    Scenario: A plan and a stopped run keep their limit
        What was approved for two hosts would be carried out on others.

        Given the host "web3.example.net=lies"
        And a fleet that runs elsewhere, and an mco configuration for it
        When I run cucumber-js "-p plan release.feature"
        Then it should say "PLANNED 2 changes on 2 hosts"
        And it should say "LOCKSTEP_LIMIT='web[1-2].example.net'"
        Given the environment variable "LOCKSTEP_LIMIT" is "web[1-3].example.net"
        When I run cucumber-js "-p live release.feature" as it was planned
        Then it should exit with 6
        And it should say "it was made limited to web[1-2].example.net, and this run is limited to web[1-3].example.net"
        When I run cucumber-js "-p live release.feature"
        Then it should exit with 1
        Given the environment variable "LOCKSTEP_LIMIT" is not set
        When I run cucumber-js "-p live release.feature" to resume the run before
        Then it should exit with 2
        And it should say "was limited to web[1-3].example.net, and this one is for all hosts of the roll call"
