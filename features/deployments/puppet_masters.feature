Feature: Deploy puppet code to the masters
    Background:
        Given the load balancer is the haproxy backend puppetservers
        And the repository puppet
        And the tag 2026.11.3
        And I want to update hosts with class roles::puppet_master
        And there should be at least 2 hosts
    Scenario: Every master has the tag before any is touched
        When I fetch the repository
        Then every host should have the tag
    Scenario Outline: The code on <wave>
        Given I take <wave>
        When I drain the load balancer within 2 minutes
        Then traffic from the load balancer should be blocked
        When I deploy the tag
        Then the deployed tag should be 2026.11.3
        And the working tree should be unchanged
        And every puppet master should serve release 2026.11.3
        When I unblock the load balancer
        Then traffic from the load balancer should be unblocked
        Examples:
            | wave     |
            | 1 host   |
            | the rest |
