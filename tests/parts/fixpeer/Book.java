import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one client of the peer has here: orders, scripts of answers to come, what it has sent. */
final class Book {
  static final class Order {
    final String id;
    final String firstCl;
    String cl;
    Tags tags;
    long qty;
    long cum;
    String status = "0";
    final LinkedHashMap<String, Long> fills = new LinkedHashMap<>();

    Order(String id, String cl, Tags tags, long qty) {
      this.id = id;
      this.firstCl = cl;
      this.cl = cl;
      this.tags = tags;
      this.qty = qty;
    }

    boolean open() {
      return !"248C3".contains(status);
    }
  }

  final Map<String, Order> byCl = new LinkedHashMap<>();
  final Map<String, Order> byId = new LinkedHashMap<>();
  final Map<String, Deque<String>> scripts = new HashMap<>();
  final Map<String, Deque<Runnable>> held = new HashMap<>();
  final Map<Integer, String> raw = new HashMap<>();
  final List<String> received = new ArrayList<>();
  final java.util.Set<String> ids = new java.util.HashSet<>();
  String last = "";

  Order of(Tags request) {
    Order order = byCl.get(request.get(41) == null ? request.get(11) : request.get(41));
    return order != null ? order : byId.get(String.valueOf(request.get(37)));
  }

  void put(Order order) {
    byCl.put(order.cl, order);
    byId.put(order.id, order);
  }

  String script(String kind, String otherwise) {
    Deque<String> left = scripts.get(kind);
    return left == null || left.isEmpty() ? otherwise : left.removeFirst();
  }

  void script(String kind, String words, boolean add) {
    if (!add) scripts.remove(kind);
    scripts.computeIfAbsent(kind, any -> new ArrayDeque<>()).addLast(words);
  }
}
