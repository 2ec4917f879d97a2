package vendors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;

/** Runs an action for each line, as `node/lines.cjs` does. */
final class Lines {
    interface Action {
        Object run(JsonNode given) throws Exception;
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    static void run(Map<String, Action> actions) throws IOException {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            var asked = JSON.readTree(line);
            System.out.println("> " + JSON.writeValueAsString(said(actions.get(asked.get(0).asText()), asked.get(1))));
        }
    }

    private static Map<String, Object> said(Action action, JsonNode given) {
        try {
            return Collections.singletonMap("gave", action.run(given));
        } catch (Exception error) {
            return Map.of("failed", String.valueOf(error.getMessage()));
        }
    }
}
