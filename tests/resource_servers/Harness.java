import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;

/** Reads lines `way kind token`, and says what the program of the page says. */
class Harness {
    interface Way {
        Map<String, Object> check(String kind, String token) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Way> ways = Map.of(
            "published", Check::byPublishedKeys,
            "introspection", Check::byIntrospection,
            "shared", Check::bySharedKey);
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] said = line.split(" ");
            try {
                System.out.println("ok " + ways.get(said[0]).check(said[1], said[2]).get("sub"));
            } catch (Exception error) {
                System.out.println("no " + error.getClass().getSimpleName());
            }
        }
    }
}
