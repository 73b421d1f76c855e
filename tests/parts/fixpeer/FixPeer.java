import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import quickfix.Application;
import quickfix.Dictionary;
import quickfix.FileStoreFactory;
import quickfix.Group;
import quickfix.Log;
import quickfix.LogFactory;
import quickfix.Message;
import quickfix.MessageFactory;
import quickfix.Session;
import quickfix.SessionID;
import quickfix.SessionSettings;
import quickfix.SocketAcceptor;
import quickfix.mina.acceptor.DynamicAcceptorSessionProvider;

/**
 * An EMS for tests, told through a control socket what to answer: FixPeer HOME PORT [KEYSTORE PASSWORD].
 *
 * <p>Plain sessions at PORT, TLS at PORT + 1 where a key store is given; any client is let in. It prints "control N":
 * the port of the control socket. One line is one command, "CLIENT VERB WORDS"; every answer ends with a line ".".
 */
public final class FixPeer implements Application {
  private static final String[] VERSIONS = {"FIX.4.4", "FIX.4.2", "FIXT.1.1"};
  private static final String US = "EMS";

  private final Map<String, Book> books = new ConcurrentHashMap<>();
  private final Map<String, SessionID> sessions = new ConcurrentHashMap<>();
  private SocketAcceptor acceptor;

  Book book(String client) {
    return books.computeIfAbsent(client, any -> new Book());
  }

  // -- the face of a FIX application

  @Override
  public void onCreate(SessionID id) {
    sessions.put(id.getTargetCompID(), id);
  }

  @Override
  public void onLogon(SessionID id) {
    sessions.put(id.getTargetCompID(), id);
  }

  @Override
  public void onLogout(SessionID id) {}

  @Override
  public void toAdmin(Message message, SessionID id) {}

  @Override
  public void toApp(Message message, SessionID id) {}

  @Override
  public void fromAdmin(Message message, SessionID id) {}

  @Override
  public void fromApp(Message message, SessionID id) {
    Book book = book(id.getTargetCompID());
    synchronized (book) {
      try {
        String raw = book.raw.remove(message.getHeader().getInt(34));
        Tags request = Tags.of(raw == null ? message.toString() : raw, Tags.SOH);
        book.received.add(request.text('|'));
        new Answers(this, book, id).request(request);
      } catch (Exception error) {
        System.err.println("peer: " + error);
      }
    }
  }

  // -- messages out

  /** The body goes out as one field that holds them all: in this order, with anything repeated. */
  void send(SessionID id, String kind, Tags body) {
    Book book = book(id.getTargetCompID());
    synchronized (book) {
      book.received.add("35=" + kind + "|" + body.text('|'));
    }
    Message message = new Message();
    message.getHeader().setString(35, kind);
    String text = body.text(Tags.SOH);
    int at = text.indexOf('=');
    message.setString(Integer.parseInt(text.substring(0, at)), text.substring(at + 1, text.length() - 1));
    try {
      Session.sendToTarget(message, id);
    } catch (quickfix.SessionNotFound error) {
      System.err.println("peer: " + error);
    }
  }

  // -- the control socket

  private String obey(String line) throws Exception {
    String[] words = line.split(" ", 3);
    String client = words[0];
    String verb = words.length > 1 ? words[1] : "";
    String rest = words.length > 2 ? words[2] : "";
    Book book = book(client);
    SessionID id = sessions.get(client);
    Session session = id == null ? null : Session.lookupSession(id);
    switch (verb) {
      case "up":
        return session != null && session.isLoggedOn() ? "yes" : "no";
      case "received":
        synchronized (book) {
          return String.join("\n", book.received);
        }
      case "orders":
        synchronized (book) {
          StringBuilder out = new StringBuilder();
          for (Book.Order o : book.byId.values()) {
            out.append(o.id).append(' ').append(o.tags.get(526)).append(' ').append(o.qty).append(' ');
            out.append(o.cum).append(' ').append(o.status).append('\n');
          }
          return out.toString().strip();
        }
      case "on":
        synchronized (book) {
          String[] parts = rest.split(" ", 2);
          book.script(parts[0], parts.length > 1 ? parts[1] : "", true);
        }
        return "ok";
      case "order":
      case "do":
      case "release":
        synchronized (book) {
          new Answers(this, book, id).command(verb, rest);
        }
        return "ok";
      case "say":
        Tags all = Tags.of(rest, '|');
        send(id, all.get(35), all.without(java.util.Set.of("35")));
        return "ok";
      case "drop":
        session.disconnect("told to", false);
        return "ok";
      case "off":
        session.logout("told to");
        return "ok";
      case "on-again":
        session.logon();
        return "ok";
      case "skip":
        session.setNextSenderMsgSeqNum(session.getExpectedSenderNum() + Integer.parseInt(rest));
        return "ok";
      case "sequence":
        String[] numbers = rest.split(" ");
        session.setNextSenderMsgSeqNum(Integer.parseInt(numbers[0]));
        session.setNextTargetMsgSeqNum(Integer.parseInt(numbers[1]));
        return "ok";
      case "numbers":
        return session.getExpectedSenderNum() + " " + session.getExpectedTargetNum();
      case "reset":
        session.reset();
        return "ok";
      default:
        return "unknown verb " + verb;
    }
  }

  private void serve(Socket guest) {
    try (guest;
        BufferedReader in =
            new BufferedReader(new InputStreamReader(guest.getInputStream(), StandardCharsets.ISO_8859_1));
        PrintWriter out = new PrintWriter(guest.getOutputStream(), false, StandardCharsets.ISO_8859_1)) {
      String line;
      while ((line = in.readLine()) != null) {
        String answer;
        try {
          answer = obey(line);
        } catch (Exception error) {
          answer = "fault " + error;
        }
        out.print(answer + "\n.\n");
        out.flush();
      }
    } catch (IOException error) {
      return; // the guest left
    }
  }

  // -- the start

  private final class Ears implements LogFactory {
    @Override
    public Log create(SessionID id) {
      return new Log() {
        @Override
        public void clear() {}

        @Override
        public void onIncoming(String raw) {
          Tags tags = Tags.of(raw, Tags.SOH);
          if (tags.has(35) && tags.has(34) && "DFGHq".contains(tags.get(35))) {
            Book book = book(id.getTargetCompID());
            synchronized (book) {
              book.raw.put(Integer.parseInt(tags.get(34)), raw);
            }
          }
        }

        @Override
        public void onOutgoing(String raw) {}

        @Override
        public void onEvent(String text) {}

        @Override
        public void onErrorEvent(String text) {}
      };
    }
  }

  /** Messages of any version without their classes. */
  private static final class Plain implements MessageFactory {
    @Override
    public Message create(String begin, String kind) {
      Message message = new Message();
      message.getHeader().setString(8, begin);
      message.getHeader().setString(35, kind);
      return message;
    }

    @Override
    public Group create(String begin, String kind, int tag) {
      return null;
    }
  }

  private void open(Path home, int port, String store, String password) throws Exception {
    SessionSettings settings = new SessionSettings();
    Dictionary common = new Dictionary();
    for (String[] pair :
        new String[][] {
          {"ConnectionType", "acceptor"}, {"StartTime", "00:00:00"}, {"EndTime", "00:00:00"},
          {"NonStopSession", "Y"}, {"HeartBtInt", "30"}, {"UseDataDictionary", "N"}, {"CheckLatency", "N"},
          {"SocketTcpNoDelay", "Y"}, {"SocketReuseAddress", "Y"}, {"ResetOnLogon", "N"},
          {"SocketAcceptAddress", "127.0.0.1"}, {"FileStorePath", home.resolve("store").toString()},
          {"DefaultApplVerID", "FIX.5.0SP2"},
        }) {
      common.setString(pair[0], pair[1]);
    }
    settings.set(common);
    int ports = store == null ? 1 : 2;
    for (int n = 0; n < ports; n++) {
      for (String version : n == 0 ? VERSIONS : new String[] {"FIX.4.4"}) {
        SessionID template = new SessionID(version, US + (n == 0 ? "" : "S"), "*");
        settings.setString(template, "SocketAcceptPort", String.valueOf(port + n));
        settings.setString(template, "AcceptorTemplate", "Y");
        if (n == 1) {
          settings.setString(template, "SocketUseSSL", "Y");
          settings.setString(template, "SocketKeyStore", store);
          settings.setString(template, "SocketKeyStorePassword", password);
          settings.setString(template, "KeyStoreType", "PKCS12");
        }
      }
    }
    FileStoreFactory stores = new FileStoreFactory(settings);
    Ears ears = new Ears();
    Plain plain = new Plain();
    acceptor = new SocketAcceptor(this, stores, settings, ears, plain);
    for (int n = 0; n < ports; n++) {
      List<DynamicAcceptorSessionProvider.TemplateMapping> templates = new java.util.ArrayList<>();
      for (String version : n == 0 ? VERSIONS : new String[] {"FIX.4.4"}) {
        String us = US + (n == 0 ? "" : "S");
        templates.add(
            new DynamicAcceptorSessionProvider.TemplateMapping(
                new SessionID(version, us, "*"), new SessionID(version, us, "*")));
      }
      acceptor.setSessionProvider(
          new InetSocketAddress("127.0.0.1", port + n),
          new DynamicAcceptorSessionProvider(settings, templates, this, stores, ears, plain));
    }
    acceptor.start();
  }

  public static void main(String[] words) throws Exception {
    FixPeer peer = new FixPeer();
    boolean secure = words.length > 3;
    peer.open(Path.of(words[0]), Integer.parseInt(words[1]), secure ? words[2] : null, secure ? words[3] : null);
    try (ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      System.out.println("control " + door.getLocalPort());
      System.out.flush();
      while (true) {
        Socket guest = door.accept();
        Thread thread = new Thread(() -> peer.serve(guest));
        thread.setDaemon(true);
        thread.start();
      }
    }
  }
}
