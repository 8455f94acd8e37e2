"""An independent client of Kafka and of the registry: Confluent's for Python, whose Avro is fastavro.

    confluent_client.py produce BOOTSTRAP REGISTRY TOPIC < {"schema": ..., "messages": [{"key": ..., "record": ...}]}
    confluent_client.py consume BOOTSTRAP REGISTRY TOPIC COUNT

Both print one JSON document: a list of {"partition", "offset", "key", "record"}. Records come with times as microseconds,
dates as days and bytes in hexadecimal; bytes are given so too, as {"hex": ...}.
"""

import datetime
import json
import sys

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

BOUND_SECONDS = 30
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def produce(bootstrap, registry, topic):
    given = json.load(sys.stdin, object_hook=lambda value: bytes.fromhex(value["hex"]) if "hex" in value else value)
    serialize = AvroSerializer(registry, json.dumps(given["schema"]))
    # Kafka's own partitioner: that of the Java client.
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "acks": "all"})
    delivered = []

    def report(error, message):
        if error is not None:
            raise SystemExit(f"not delivered: {error}")
        delivered.append({"partition": message.partition(), "offset": message.offset(), "key": message.key().decode()})

    context = SerializationContext(topic, MessageField.VALUE)
    for message in given["messages"]:
        value = serialize(message["record"], context)
        producer.produce(topic, key=message["key"].encode(), value=value, on_delivery=report)
    if producer.flush(BOUND_SECONDS) > 0:
        raise SystemExit("not everything was delivered in time")
    return delivered


def consume(bootstrap, registry, topic, count):
    deserialize = AvroDeserializer(registry)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "independent", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, BOUND_SECONDS).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    context = SerializationContext(topic, MessageField.VALUE)
    read = []
    until = datetime.datetime.now() + datetime.timedelta(seconds=BOUND_SECONDS)
    while len(read) < count and datetime.datetime.now() < until:
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise SystemExit(str(message.error()))
        record = deserialize(message.value(), context)
        place = {"partition": message.partition(), "offset": message.offset(), "key": message.key().decode()}
        read.append(place | {"record": record})
    consumer.close()
    return read


def plain(value):
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


command, bootstrap, url, topic, *rest = sys.argv[1:]
registry = SchemaRegistryClient({"url": url})
result = produce(bootstrap, registry, topic) if command == "produce" else consume(bootstrap, registry, topic, int(rest[0]))
json.dump(result, sys.stdout, default=plain)
