import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Load from outside Python: packed blocks of market rows at an even pace, each row stamped with the wall clock (ns) just
 * before its block is handed to the client; bursts of FIX messages with stretches of silence between them.
 *
 * <p>java -cp "JARS/*" Load.java BROKERS MARKET_TOPIC ORDER_TOPIC TEMPLATE EVENTS_PER_S SECONDS SILENCE_S
 *
 * <p>TEMPLATE is one packed block as the encoder makes it; its times, numbers and checksums are written anew for every
 * block sent. Prints how many events it sent in how many seconds, and how late its worst block left.
 */
public final class Load {
    private static final int HEADER = 80;
    private static final int ROW = 88;
    private static final int NUMBER = 24;
    private static final int PASSED = 32;
    private static final int MARKET_BYTES = 40;
    private static final int FOLD = 64;
    private static final int TOTAL = 72;
    private static final int CRC = 76;
    private static final int BURST = 20;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HH:mm:ss.nnnnnnnnn").withZone(ZoneOffset.UTC);

    private final KafkaProducer<byte[], byte[]> producer;
    private final byte[] template;
    private long sequence;
    private long orders;

    private Load(String brokers, byte[] template) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", brokers);
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        settings.put("linger.ms", "0");
        settings.put("acks", "1");
        settings.put("enable.idempotence", "false");
        this.producer = new KafkaProducer<>(settings);
        this.template = template;
    }

    private static long now() {
        Instant instant = Instant.now();
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    /** The template with these times, numbered and summed up anew. */
    private byte[] block(long number, long stamp) {
        byte[] made = template.clone();
        ByteBuffer block = ByteBuffer.wrap(made).order(ByteOrder.LITTLE_ENDIAN);
        int market = block.getInt(MARKET_BYTES);
        block.putLong(NUMBER, number);
        block.putLong(PASSED, stamp);
        for (int row = HEADER; row < HEADER + market; row += ROW) {
            block.putLong(row, stamp);
            block.putLong(row + 8, stamp);
            block.putLong(row + 16, sequence++);
        }
        long fold = 0;
        long total = 0;
        for (int word = HEADER; word < HEADER + market; word += 8) {
            fold ^= block.getLong(word);
            total += block.getLong(word);
        }
        block.putLong(FOLD, fold);
        block.putInt(TOTAL, (int) total);
        CRC32 crc = new CRC32();
        crc.update(made, 0, CRC);
        crc.update(made, HEADER + market, made.length - HEADER - market);
        block.putInt(CRC, (int) crc.getValue());
        return made;
    }

    private byte[] fix(long stamp) {
        String when = STAMP.format(Instant.ofEpochSecond(stamp / 1_000_000_000L, stamp % 1_000_000_000L));
        long id = orders++;
        String body = "35=D|49=DESK|56=EMS|34=" + (id + 1) + "|52=" + when + "|11=P" + id
                + "|55=AAPL|54=1|38=100|40=2|44=99.5|59=0|60=" + when + "|";
        body = body.replace('|', '\u0001');
        String message = "8=FIX.4.4\u00019=" + body.length() + "\u0001" + body;
        int sum = 0;
        for (byte one : message.getBytes(StandardCharsets.US_ASCII)) {
            sum += one & 0xFF;
        }
        return (message + "10=" + String.format("%03d", sum % 256) + "\u0001").getBytes(StandardCharsets.US_ASCII);
    }

    /** Blocks at an even pace; what could not leave in time leaves at once, with the time at which it does. */
    private void run(String market, String own, double rate, double seconds, double silence) {
        int rows = ByteBuffer.wrap(template).order(ByteOrder.LITTLE_ENDIAN).getInt(MARKET_BYTES) / ROW;
        long step = Math.round(1e9 * rows / rate);
        long blocks = Math.round(seconds * 1e9 / step);
        producer.partitionsFor(market);
        producer.partitionsFor(own);
        long begun = System.nanoTime();
        long burst = begun;
        long worst = 0;
        for (long number = 0; number < blocks; number++) {
            long due = begun + number * step;
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            worst = Math.max(worst, System.nanoTime() - due);
            long stamp = now();
            producer.send(new ProducerRecord<>(market, 0, null, block(number, stamp)));
            if (silence > 0 && System.nanoTime() >= burst) {
                for (int message = 0; message < BURST; message++) {
                    producer.send(new ProducerRecord<>(own, 0, null, fix(now())));
                }
                burst += Math.round(silence * 1e9);
            }
        }
        producer.flush();
        double took = (System.nanoTime() - begun) / 1e9;
        System.out.printf("%d %d %.3f %.3f%n", blocks * rows, orders, took, worst / 1e6);
        producer.close();
    }

    /** See the class. */
    public static void main(String[] words) throws Exception {
        Load load = new Load(words[0], Files.readAllBytes(Path.of(words[3])));
        load.run(words[1], words[2], Double.parseDouble(words[4]), Double.parseDouble(words[5]),
                Double.parseDouble(words[6]));
    }
}
