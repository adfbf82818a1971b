# Write messages at a rate and read them back, by Kafka's own tools, into a topic that comes and goes with the run.
# The tools' options are those that Kafka 3.9 has and 4.3 still takes.
set -eu
umask 077
login=org.apache.kafka.common.security.scram.ScramLoginModule
cat > "$CLIENT" <<END
security.protocol=$KAFKA_SECURITY_PROTOCOL
sasl.mechanism=$KAFKA_SASL_MECHANISM
sasl.jaas.config=$login required username="$KAFKA_SASL_USERNAME" password="$KAFKA_SASL_PASSWORD";
END

topics() {
  bin/kafka-topics.sh --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" --command-config "$CLIENT" --topic "$TOPIC" "$@"
}

topics --create --if-not-exists --partitions 3
trap 'topics --delete' EXIT

bin/kafka-producer-perf-test.sh --topic "$TOPIC" \
  --num-records "$MESSAGES" --record-size "$BYTES" --throughput "$RATE" \
  --producer.config "$CLIENT" --producer-props bootstrap.servers="$KAFKA_BOOTSTRAP_SERVERS" acks=all

bin/kafka-consumer-perf-test.sh --topic "$TOPIC" --group "$KAFKA_GROUP_ID" --messages "$MESSAGES" --timeout 60000 \
  --consumer.config "$CLIENT" --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS"
