import { describeBrokers } from './broker_rollouts'
import { startRabbitmqCluster } from './rabbitmq_cluster'

describeBrokers('a cluster of three real RabbitMQ nodes', startRabbitmqCluster)
