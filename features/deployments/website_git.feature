Feature: Deploy a tag of the website
    Background:
        Given the load balancer has ip address 192.168.1.1
        And the repository website
        And the tag v4.2.6
        And I want to update hosts with class roles::dev_server
        And I want to update hosts with fact country=de
        And there should be at least 8 hosts
    Scenario: Every host has the tag before any is touched
        When I fetch the repository
        Then every host should have the tag
    Scenario Outline: The website on <wave>
        Given I take <wave>
        When I block the load balancer
        Then traffic from the load balancer should be blocked
        When I deploy the tag
        Then the deployed tag should be v4.2.6
        And the working tree should be unchanged
        And the check check_http should be ok
        When I unblock the load balancer
        Then traffic from the load balancer should be unblocked
        Examples:
            | wave     |
            | 1 host   |
            | 25%      |
            | the rest |
