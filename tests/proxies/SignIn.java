import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Signs in and refreshes with the client of the JDK as it is: over http it asks for HTTP/2. */
public final class SignIn {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String JSON = "application/json";
    private static final Pattern TOKEN = Pattern.compile("\"refreshToken\":\"([^\"]+)\"");

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0];
        String program = "grant_type=client_credentials&client_id=backend&client_secret=backend-secret";
        post(url + "/oauth/token", FORM, program);
        String person = "{\"username\":\"ada@example.com\",\"password\":\"correct horse\"}";
        String token = post(url + "/api/v1/auth/login", JSON, person);
        for (int number = 0; number < 20; number++) {
            String body = "{\"refreshToken\":\"" + token + "\"}";
            token = post(url + "/api/v1/auth/refresh-token", JSON, body);
        }
        System.out.println("signed in and refreshed by " + CLIENT.version());
    }

    private static String post(String url, String type, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", type).POST(BodyPublishers.ofString(body)).build();
        HttpResponse<String> answer = CLIENT.send(request, BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(url + ": " + answer.statusCode() + " " + answer.body());
        }
        Matcher found = TOKEN.matcher(answer.body());
        return found.find() ? found.group(1) : "";
    }
}
