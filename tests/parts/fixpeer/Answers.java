import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import quickfix.Session;
import quickfix.SessionID;

/** What the peer does with a request or a command: one word after the other of a script. */
final class Answers {
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HH:mm:ss.SSS");
  /** Of a request: envelope, ids and what a report says itself. */
  private static final Set<String> NOT_KEPT =
      Set.of("8", "9", "10", "11", "34", "35", "37", "38", "41", "43", "49", "52", "56", "58", "60", "97", "122");
  private static long execs = System.currentTimeMillis() % 100_000_000L * 1000;

  private final FixPeer peer;
  private final Book book;
  private final SessionID id;
  private Tags extra = new Tags();
  private String strategy = null;
  private long clamp = -1;

  Answers(FixPeer peer, Book book, SessionID id) {
    this.peer = peer;
    this.book = book;
    this.id = id;
  }

  // -- what comes in

  void command(String verb, String rest) {
    String[] words = rest.split(" ");
    if (verb.equals("order")) {
      Tags tags = Tags.of(words.length > 3 ? words[3] : "", '|');
      Book.Order order = new Book.Order(words[0], words[1], tags, Long.parseLong(words[2]));
      book.put(order);
      report(order, "0", order.cl, null, new Tags());
    } else if (verb.equals("release")) {
      ArrayDeque<Runnable> left = new ArrayDeque<>();
      book.held.values().forEach(left::addAll);
      book.held.clear();
      left.forEach(Runnable::run);
    } else {
      Book.Order order = book.byId.get(words[0]);
      run(order, null, Arrays.asList(words).subList(1, words.length));
    }
  }

  void request(Tags request) {
    String kind = request.get(35);
    Book.Order order = book.of(request);
    String otherwise =
        switch (kind) {
          case "D" -> "new";
          case "H" -> "status";
          case "q" -> "mass";
          default -> "pending accept";
        };
    if (!kind.equals("H") && !book.ids.add(request.get(11))) otherwise = "refuse=6,duplicate_ClOrdID";
    String script = book.script(kind, otherwise);
    if (kind.equals("D") && script.contains("new")) {
      order = new Book.Order("N" + (++execs), request.get(11), kept(request), Long.parseLong(request.get(38)));
    }
    run(order, request, Arrays.asList(script.split(" ")));
  }

  private Tags kept(Tags request) {
    return request.without(NOT_KEPT);
  }

  // -- the words of a script

  private void run(Book.Order order, Tags request, List<String> words) {
    for (int n = 0; n < words.size(); n++) {
      String word = words.get(n);
      if (word.equals("hold")) {
        List<String> rest = new ArrayList<>(words.subList(n + 1, words.size()));
        String key = order == null ? "none" : order.id;
        book.held.computeIfAbsent(key, any -> new ArrayDeque<>()).add(() -> run(order, request, rest));
        return;
      }
      int at = word.indexOf('=');
      String verb = at < 0 ? word : word.substring(0, at);
      String value = at < 0 ? "" : word.substring(at + 1).replace('_', ' ');
      if (request == null || !ofRequest(order, request, verb, value)) ofOrder(order, request, verb, value);
    }
  }

  private boolean ofRequest(Book.Order order, Tags request, String verb, String value) {
    String kind = request.get(35);
    String cl = request.get(11);
    String orig = request.get(41);
    boolean replacing = kind.equals("G");
    switch (verb) {
      case "silence":
        return true;
      case "pending":
        if (order == null || !order.open()) return true;
        report(order, replacing ? "E" : "6", cl, orig, new Tags());
        return true;
      case "accept":
        if (order == null) refuse(null, request, "1,unknown order");
        else if (!order.cl.equals(orig)) refuse(order, request, "1,unknown ClOrdID");
        else if (!order.open()) refuse(order, request, "0,too late");
        else if (replacing) replace(order, request);
        else cancel(order, cl, orig);
        return true;
      case "refuse":
        refuse(order, request, value);
        return true;
      case "unknown":
        refuse(null, request, "1,unknown order");
        return true;
      case "reject":
        Tags body = new Tags().add(37, order == null || kind.equals("D") ? "NONE" : order.id).add(11, cl);
        if (orig != null) body.add(41, orig);
        body.add(17, "E" + (++execs)).add(150, "8").add(39, kind.equals("D") || order == null ? "8" : order.status);
        body.add(55, request.get(55)).add(54, request.get(54)).add(38, request.get(38)).add(151, 0);
        body.add(14, order == null || kind.equals("D") ? 0 : order.cum).add(6, 0).add(58, value).add(60, now());
        peer.send(id, "8", body);
        return true;
      case "j":
        peer.send(
            id, "j",
            new Tags().add(45, request.get(34)).add(372, kind).add(379, cl).add(380, 0).add(58, value));
        return true;
      case "j-bare":
        peer.send(id, "j", new Tags().add(45, request.get(34)).add(372, kind).add(380, 0).add(58, value));
        return true;
      case "s3":
        peer.send(id, "3", new Tags().add(45, request.get(34)).add(372, kind).add(373, 5).add(58, value));
        return true;
      case "new":
        book.put(order);
        report(order, "0", cl, null, new Tags());
        return true;
      case "status":
        if (order != null) {
          report(order, "I", order.cl, null, new Tags());
          return true;
        }
        Tags none = new Tags().add(37, "NONE").add(11, cl).add(17, "0").add(150, "I").add(39, "8");
        none.add(55, request.get(55)).add(54, request.get(54)).add(38, 0).add(151, 0).add(14, 0).add(6, 0);
        peer.send(id, "8", none.add(58, "unknown order").add(60, now()));
        return true;
      case "mass":
        peer.send(id, "r", new Tags().add(11, cl).add(37, "M" + (++execs)).add(530, request.get(530))
            .add(531, request.get(530)).add(60, now()));
        for (Book.Order each : List.copyOf(book.byId.values())) {
          boolean inside = !request.has(55) || request.get(55).equals(each.tags.get(55));
          if (each.open() && inside) {
            each.status = "4";
            report(each, "4", each.cl, null, new Tags());
          }
        }
        return true;
      case "mass-refuse":
        peer.send(id, "r", new Tags().add(11, cl).add(37, "M" + (++execs)).add(530, request.get(530)).add(531, 0)
            .add(532, 0).add(58, value).add(60, now()));
        return true;
      default:
        return false;
    }
  }

  private void ofOrder(Book.Order order, Tags request, String verb, String value) {
    switch (verb) {
      case "fill" -> fill(order, value.isEmpty() ? order.qty - order.cum : Long.parseLong(value), order.cl);
      case "fill-first" -> fill(order, Long.parseLong(value), order.firstCl);
      case "fill-dead" -> late(order, Long.parseLong(value));
      case "secret" -> order.cum += Long.parseLong(value);
      case "cancel" -> cancel(order, order.cl, null);
      case "expire" -> end(order, "C");
      case "done" -> end(order, "3");
      case "suspend" -> report(order, "9", order.cl, null, new Tags());
      case "bust" -> bust(order);
      case "restate" -> {
        order.qty = Long.parseLong(value);
        report(order, "D", order.cl, null, new Tags().add(378, 99));
      }
      case "status" -> report(order, "I", order.cl, null, new Tags());
      case "foreign" -> report(order, value, "OTHER-1", order.cl, new Tags());
      case "again" -> peer.send(id, "8", Tags.of(book.last, '|'));
      case "tag" -> extra.add(value.substring(0, value.indexOf(':')), value.substring(value.indexOf(':') + 1));
      case "no-tags" -> extra = new Tags();
      case "echo" -> strategy = value;
      case "clamp" -> clamp = Long.parseLong(value);
      case "drop" -> disconnect();
      case "halt" -> Runtime.getRuntime().halt(9);
      case "" -> {}
      default -> throw new IllegalArgumentException("unknown word " + verb);
    }
  }

  private void disconnect() {
    try {
      Session.lookupSession(id).disconnect("told to", false);
    } catch (java.io.IOException error) {
      throw new IllegalStateException(error);
    }
  }

  // -- what happens to an order

  private void fill(Book.Order order, long qty, String cl) {
    long done = Math.min(qty, order.qty - order.cum);
    if (done <= 0) return;
    order.cum += done;
    order.status = order.cum >= order.qty ? "2" : "1";
    executed(order, done, cl);
  }

  /** A fill that is told although the order has ended. */
  private void late(Book.Order order, long qty) {
    order.cum += qty;
    executed(order, qty, order.cl);
  }

  private void executed(Book.Order order, long qty, String cl) {
    String exec = "E" + (++execs);
    order.fills.put(exec, qty);
    String type = id.getBeginString().equals("FIX.4.2") ? (order.status.equals("2") ? "2" : "1") : "F";
    report(order, type, cl, null, new Tags().add("17", exec).add(32, qty).add(31, "50.25"));
  }

  private void bust(Book.Order order) {
    String exec = new ArrayList<>(order.fills.keySet()).get(order.fills.size() - 1);
    long qty = order.fills.remove(exec);
    order.cum -= qty;
    if (order.status.equals("2") || order.status.equals("1")) order.status = order.cum > 0 ? "1" : "0";
    boolean old = id.getBeginString().equals("FIX.4.2");
    Tags more = new Tags().add(19, exec).add(32, qty).add(31, "50.25");
    report(order, old ? "1" : "H", order.cl, null, old ? more.add(20, 1) : more);
  }

  private void replace(Book.Order order, Tags request) {
    order.cl = request.get(11);
    order.tags = kept(request);
    order.qty = clamp >= 0 ? clamp : Math.max(Long.parseLong(request.get(38)), order.cum);
    book.byCl.put(order.cl, order);
    if (order.cum >= order.qty) order.status = "2";
    report(order, "5", order.cl, request.get(41), new Tags());
  }

  private void cancel(Book.Order order, String cl, String orig) {
    if (orig != null) {
      order.cl = cl;
      book.byCl.put(cl, order);
    }
    order.status = "4";
    report(order, "4", cl, orig, new Tags());
  }

  private void end(Book.Order order, String how) {
    order.status = how;
    report(order, how, order.cl, null, new Tags());
  }

  // -- messages

  private void refuse(Book.Order order, Tags request, String value) {
    int at = value.indexOf(',');
    String reason = at < 0 ? value : value.substring(0, at);
    Tags body = new Tags().add(37, order == null ? "NONE" : order.id).add(11, request.get(11));
    body.add(41, String.valueOf(request.get(41))).add(39, order == null ? "8" : order.status);
    body.add(434, request.get(35).equals("G") ? 2 : 1);
    if (!reason.isEmpty()) body.add(102, reason);
    if (at >= 0) body.add(58, value.substring(at + 1));
    peer.send(id, "9", body.add(60, now()));
  }

  private void report(Book.Order order, String type, String cl, String orig, Tags more) {
    boolean old = id.getBeginString().equals("FIX.4.2");
    Tags body = new Tags().add(37, order.id).add(11, cl);
    if (orig != null) body.add(41, orig);
    if (!more.has(17)) body.add(17, type.equals("I") ? "0" : "E" + (++execs));
    if (old && !more.has(20)) body.add(20, type.equals("I") ? 3 : 0);
    String status = type.equals("E") || type.equals("6") ? type : order.status;
    body.add(150, old && type.equals("I") ? order.status : type).add(39, status);
    for (String[] pair : order.tags.pairs) {
      if (pair[0].equals("847") && strategy != null) {
        if (!strategy.equals("none")) body.add(847, strategy);
      } else {
        body.pairs.add(pair);
      }
    }
    body.pairs.addAll(more.pairs);
    body.add(38, order.qty).add(151, order.open() ? order.qty - order.cum : 0).add(14, order.cum);
    body.add(6, order.cum > 0 ? "50.25" : "0").add(60, now());
    body.pairs.addAll(extra.pairs);
    book.last = body.text('|');
    peer.send(id, "8", body);
  }

  private static String now() {
    return LocalDateTime.now(ZoneOffset.UTC).format(STAMP);
  }
}
