import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Fields of a message in the order of the wire, repeated ones too. */
final class Tags {
  static final char SOH = '\001';
  final List<String[]> pairs = new ArrayList<>();

  static Tags of(String text, char separator) {
    Tags tags = new Tags();
    for (String part : text.split(java.util.regex.Pattern.quote(String.valueOf(separator)))) {
      int at = part.indexOf('=');
      if (at > 0) tags.add(part.substring(0, at), part.substring(at + 1));
    }
    return tags;
  }

  Tags add(String tag, Object value) {
    pairs.add(new String[] {tag, String.valueOf(value)});
    return this;
  }

  Tags add(int tag, Object value) {
    return add(String.valueOf(tag), value);
  }

  String get(int tag) {
    for (String[] pair : pairs) if (pair[0].equals(String.valueOf(tag))) return pair[1];
    return null;
  }

  boolean has(int tag) {
    return get(tag) != null;
  }

  /** All but these tags. */
  Tags without(java.util.Set<String> left) {
    Tags tags = new Tags();
    for (String[] pair : pairs) if (!left.contains(pair[0])) tags.pairs.add(pair);
    return tags;
  }

  Map<String, String> map() {
    Map<String, String> found = new LinkedHashMap<>();
    for (String[] pair : pairs) found.put(pair[0], pair[1]);
    return found;
  }

  /** tag=value, each followed by the separator. */
  String text(char separator) {
    StringBuilder out = new StringBuilder();
    for (String[] pair : pairs) out.append(pair[0]).append('=').append(pair[1]).append(separator);
    return out.toString();
  }
}
