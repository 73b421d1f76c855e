import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Load on the API from outside its language: `get` asks for one path at a rate, each request due at its own time and
 * timed from then, so that a late one counts as late; `stream` holds WebSockets and times each frame from its
 * `published_ns`, which is this machine's monotonic clock, as System.nanoTime is on Linux. Lines are kept open. The
 * first seconds, in which lines are opened and this program is compiled, are not counted; then it says `warm`.
 *
 * java ApiLoad get HOST PORT TOKEN PATH RATE SECONDS CONNECTIONS WARM_SECONDS
 * java ApiLoad stream HOST PORT TOKEN PATH STREAMS SECONDS WARM_SECONDS
 */
public class ApiLoad {
    static final int MOST = 4_000_000;
    static final long[] taken = new long[MOST];
    static final AtomicLong count = new AtomicLong();
    static final AtomicLong faults = new AtomicLong();
    static final AtomicLong bytes = new AtomicLong();
    static volatile String fault = "";

    public static void main(String[] words) throws Exception {
        String host = words[1];
        int port = Integer.parseInt(words[2]);
        SSLContext context = trusting();
        long seconds;
        long warm;
        Thread[] threads;
        long begin = System.nanoTime();
        if (words[0].equals("get")) {
            double rate = Double.parseDouble(words[5]);
            seconds = Long.parseLong(words[6]);
            int lines = Integer.parseInt(words[7]);
            long measured = begin + Long.parseLong(words[8]) * 1_000_000_000L;
            warm = measured;
            long end = measured + seconds * 1_000_000_000L;
            byte[] request = ("GET " + words[4] + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + words[3]
                + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
            threads = new Thread[lines];
            for (int k = 0; k < lines; k++) {
                long first = begin + 500_000_000L + (long) (k * 1e9 / rate);
                long gap = (long) (lines * 1e9 / rate);
                threads[k] = new Thread(() -> ask(context, host, port, request, new long[] {first, gap, measured, end}));
            }
        } else {
            int streams = Integer.parseInt(words[5]);
            seconds = Long.parseLong(words[6]);
            long measured = begin + Long.parseLong(words[7]) * 1_000_000_000L;
            warm = measured;
            long end = measured + seconds * 1_000_000_000L;
            threads = new Thread[streams];
            for (int k = 0; k < streams; k++) {
                long first = begin + k * 20_000_000L; // not two hundred handshakes at once
                threads[k] = new Thread(() -> listen(context, host, port, words, new long[] {first, measured, end}));
            }
        }
        for (Thread thread : threads) {
            thread.setDaemon(true);
            thread.start();
        }
        sleepUntil(warm);
        long own = ownNs();
        System.out.println("warm");
        for (Thread thread : threads) {
            thread.join();
        }
        report(seconds, ownNs() - own);
    }

    /** Processor time of this program: what the load itself takes from the machine it shares. */
    static long ownNs() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    static void ask(SSLContext context, String host, int port, byte[] request, long[] times) {
        long due = times[0];
        try (Socket socket = open(context, host, port)) {
            OutputStream out = socket.getOutputStream();
            InputStream in = new BufferedInputStream(socket.getInputStream(), 65536);
            byte[] room = new byte[1 << 18];
            while (due < times[3]) {
                sleepUntil(due);
                out.write(request);
                out.flush();
                int status = answer(in, room);
                if (status != 200) {
                    failed("status " + status);
                }
                if (due >= times[2]) {
                    took(System.nanoTime() - due);
                }
                due += times[1];
            }
        } catch (Exception error) {
            failed(error.toString());
        }
    }

    static void listen(SSLContext context, String host, int port, String[] words, long[] times) {
        long measured = times[1];
        long end = times[2];
        sleepUntil(times[0]);
        try (Socket socket = open(context, host, port)) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            InputStream in = new BufferedInputStream(socket.getInputStream(), 65536);
            out.write(("GET " + words[4] + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + words[3]
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String head = line(in);
            if (!head.contains("101")) {
                throw new IllegalStateException(head);
            }
            while (!line(in).isEmpty()) {
                continue;
            }
            byte[] room = new byte[1 << 18];
            while (System.nanoTime() < end) {
                int first = in.read();
                int length = frame(in, room);
                long now = System.nanoTime();
                bytes.addAndGet(length);
                if ((first & 15) == 9) { // a ping is answered with the same words, masked with zeros
                    out.write(new byte[] {(byte) 0x8a, (byte) (0x80 | length), 0, 0, 0, 0});
                    out.write(room, 0, length);
                    out.flush();
                } else if ((first & 15) == 8) {
                    throw new IllegalStateException("closed");
                } else if (now >= measured) {
                    String text = new String(room, 0, Math.min(length, 300), StandardCharsets.US_ASCII);
                    if (text.contains("\"changes\"")) {
                        int place = text.indexOf("\"published_ns\":") + 15;
                        took(now - Long.parseLong(text.substring(place, text.indexOf(',', place))));
                    }
                }
            }
        } catch (Exception error) {
            failed(error.toString());
        }
    }

    static int frame(InputStream in, byte[] room) throws Exception {
        int length = in.read() & 127;
        int more = length == 126 ? 2 : length == 127 ? 8 : 0;
        if (more > 0) {
            length = 0;
            for (int k = 0; k < more; k++) {
                length = (length << 8) | in.read();
            }
        }
        whole(in, room, length);
        return length;
    }

    static int answer(InputStream in, byte[] room) throws Exception {
        int status = Integer.parseInt(line(in).substring(9, 12));
        int length = 0;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).trim());
            }
        }
        whole(in, room, length);
        bytes.addAndGet(length);
        return status;
    }

    static void whole(InputStream in, byte[] room, int length) throws Exception {
        if (in.readNBytes(room, 0, length) < length) {
            throw new IllegalStateException("the line was cut");
        }
    }

    static String line(InputStream in) throws Exception {
        StringBuilder text = new StringBuilder(80);
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IllegalStateException("the line was cut");
            }
            if (c != '\r') {
                text.append((char) c);
            }
        }
        return text.toString();
    }

    static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left); // Thread.sleep rounds up to a millisecond: the load would be late by itself
        }
    }

    static void took(long ns) {
        int place = (int) count.getAndIncrement();
        if (place < MOST) {
            taken[place] = ns;
        }
    }

    static void failed(String words) {
        faults.incrementAndGet();
        fault = words;
    }

    static void report(long seconds, long ownNs) {
        int n = (int) Math.min(count.get(), MOST);
        long[] sorted = Arrays.copyOf(taken, n);
        Arrays.sort(sorted);
        System.out.printf("{\"n\":%d,\"per_s\":%.1f,\"p50_ms\":%s,\"p99_ms\":%s,\"max_ms\":%s,\"mb_s\":%.2f,\"load_core\":%.3f,\"faults\":%d,\"fault\":\"%s\"}%n",
            n, n / (double) seconds, at(sorted, 0.5), at(sorted, 0.99), at(sorted, 1.0), bytes.get() / 1e6 / seconds, ownNs / 1e9 / seconds,
            faults.get(), fault.replace('"', '\''));
    }

    static String at(long[] sorted, double share) {
        if (sorted.length == 0) {
            return "null";
        }
        int place = (int) Math.min(sorted.length - 1, Math.floor(share * sorted.length));
        return String.format("%.3f", sorted[place] / 1e6);
    }

    static Socket open(SSLContext context, String host, int port) throws Exception {
        Socket socket = context.getSocketFactory().createSocket(host, port);
        socket.setTcpNoDelay(true);
        return socket;
    }

    static SSLContext trusting() throws Exception {
        TrustManager every = new X509TrustManager() {
            public void checkClientTrusted(X509Certificate[] chain, String kind) {}

            public void checkServerTrusted(X509Certificate[] chain, String kind) {}

            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {every}, new SecureRandom());
        return context;
    }
}
