/*
 * The Kafka Streams peer: balances per account in a store with a changelog, and a refill where PAYROLL is short, exactly once.
 *
 *   cash-movement -> balance of the account (store, changelog topic) -> PAYROLL below its band: one record to the output
 *
 * What it leaves out: deduplication, sequence gaps, staleness, policies, the optimizer, limits, reservations, the record of the decision. It
 * settles its own refills at once. Records are decoded by hand, no further than the amount.
 */
package weir.peer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

public final class Balances {
  static final String STORE = "balances";
  static final long PAYROLL_TARGET = 200_000_000L;
  static final long PAYROLL_BAND = 160_000_000L;
  static final LongAdder PROCESSED = new LongAdder();

  public static void main(String[] arguments) throws Exception {
    String bootstrap = arguments[0];
    String applicationId = arguments[1];
    String source = arguments[2];
    String sink = arguments[3];
    String stateFolder = arguments[4];
    int commitIntervalMs = Integer.parseInt(arguments[5]);
    int threads = Integer.parseInt(arguments[6]);

    KafkaStreams streams =
        new KafkaStreams(
            topology(source, sink),
            properties(bootstrap, applicationId, stateFolder, commitIntervalMs, threads));
    CountDownLatch end = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(
        failure -> {
          failure.printStackTrace();
          System.exit(1);
          return null;
        });
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING) System.out.println("running");
        });
    streams.start();
    Thread reporter = new Thread(() -> report(end), "reporter");
    reporter.setDaemon(true);
    reporter.start();
    // The parent closes the pipe when it wants the program to end, or is gone.
    while (System.in.read() >= 0) {}
    streams.close(Duration.ofSeconds(10));
    end.countDown();
  }

  private static Properties properties(
      String bootstrap, String applicationId, String stateFolder, int commitIntervalMs, int threads) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, stateFolder);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitIntervalMs);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    // As Weir's writer: nothing waits for company.
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 0);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    return properties;
  }

  private static Topology topology(String source, String sink) {
    Topology topology = new Topology();
    var bytes = Serdes.ByteArray();
    topology.addSource("in", bytes.deserializer(), bytes.deserializer(), source);
    topology.addProcessor("refill", Refill::new, "in");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.Long())
            // Of each account only the last balance before a commit goes to the changelog.
            .withCachingEnabled(),
        "refill");
    topology.addSink("out", sink, bytes.serializer(), bytes.serializer(), "refill");
    return topology;
  }

  /** Tells how many records were processed, and when that was. */
  private static void report(CountDownLatch end) {
    long told = -1;
    try {
      while (end.getCount() > 0) {
        long processed = PROCESSED.sum();
        if (processed != told) System.out.println("processed " + processed + " " + System.currentTimeMillis());
        told = processed;
        Thread.sleep(5);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Refill implements Processor<byte[], byte[], byte[], byte[]> {
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<String, Long> store;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
      this.context = context;
      this.store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Movement movement = Movement.decode(record.value());
      long balance = add(movement.group() + "/" + movement.account(), movement.amountMinor());
      PROCESSED.increment();
      if (!movement.account().equals("PAYROLL") || balance >= PAYROLL_BAND) return;
      long amount = PAYROLL_TARGET - balance;
      add(movement.group() + "/PAYROLL", amount);
      add(movement.group() + "/OPERATING", -amount);
      String refill = movement.group() + "," + amount;
      context.forward(record.withValue(refill.getBytes(StandardCharsets.UTF_8)));
    }

    private long add(String account, long amountMinor) {
      Long known = store.get(account);
      long balance = (known == null ? PAYROLL_TARGET : known) + amountMinor;
      store.put(account, balance);
      return balance;
    }
  }
}
